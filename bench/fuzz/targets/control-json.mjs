import { parseControlJson } from '@linkscope/crypto';
import { isCoded } from './is-coded.mjs';

/** @type {import('../fuzz-target.mjs').Target} */
export const controlJson = {
	samples: () => [
		`{"type":"auth","v":1,"e":"${'A'.repeat(43)}","timestamp":1763700000000}`,
		`{"type":"challenge","nonce":"${'b'.repeat(42)}A","algorithm":"Noise_XX_25519_ChaChaPoly_SHA256","static":"${'-_'.repeat(32)}","sealed":"aGVsbG8"}`,
		'{"type":"auth_success","capabilities":["continuity/1","sync/1"],"max_message_bytes":1048576,"pairing":"none"}',
		'{"type":"encryption_capabilities","suites":["aes-256-gcm","chacha20-poly1305","xsalsa20-poly1305"]}',
		'{ "type" : "x", "empty" : [ ], "flag" : false, "text" : "\\u00e4 \\" : , \\\\ { }", "number" : -1.5e3 }',
	],
	run(text) {
		const object = parseControlJson(text);
		if (Object.getPrototypeOf(object) !== null) throw new Error('an object with a prototype came out');
		if (Object.keys(object).some((key) => key.startsWith('__'))) throw new Error('a key that begins with __ came out');
		if ({}.polluted !== undefined || Object.prototype.polluted !== undefined) throw new Error('Object.prototype was polluted');
		const isFlat = (value) =>
			['string', 'number', 'boolean'].includes(typeof value) || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
		if (!Object.values(object).every(isFlat)) throw new Error('a value came out that no control message may hold');
	},
	isExpected: isCoded('MALFORMED_FRAME'),
};
