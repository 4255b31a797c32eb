import { boxKeyPair, bytesToHex, padMessage, personIdHash, unpadMessage } from '@linkscope/crypto/nacl';
import { ONE_PAIRING_OPENING, OnePairingPlugin, OneSessionPlugin } from '@linkscope/plugins/one';
import { isCoded } from './is-coded.mjs';

/** What stands inside an opened frame. @type {import('../fuzz-target.mjs').Target} */
export const oneMessage = {
	samples: () => [
		padMessage('', 0),
		padMessage('hello', 0),
		padMessage('grüße 🙂', 9),
		padMessage(new Uint8Array(40), 255),
		Uint8Array.of(0x1f, ...new Uint8Array(14), 2, 1, 2, 104, 105),
	],
	run(padded) {
		const value = unpadMessage(padded);
		if (typeof value !== 'string' && value.length >= padded.length) throw new Error('more came out than was put in');
		if (typeof value === 'string' && unpadMessage(padMessage(value, 3)) !== value) throw new Error('a text that cannot be sent came out');
	},
	isExpected: isCoded('MALFORMED_FRAME'),
};

const keys = boxKeyPair(new Uint8Array(32).fill(7));
const peer = boxKeyPair(new Uint8Array(32).fill(9));
const own = {
	email: 'a@test',
	instanceName: 'a',
	personKey: keys.publicKey,
	personSignKey: keys.publicKey,
	instanceKey: keys.publicKey,
	instanceSignKey: keys.publicKey,
};
const channel = {
	protocol: 'one',
	binding: new Uint8Array(32),
	peer: 'unverified',
	exportSecret: () => new Uint8Array(32),
	initiator: false,
	peerKey: peer.publicKey,
	ownKey: keys.publicKey,
	opening: null,
};
const person = JSON.stringify({ command: 'person_id_object', obj: { $type$: 'Person', email: 'b@test' } });
const personKeys = { $type$: 'Keys', owner: personIdHash('b@test'), publicKey: bytesToHex(keys.publicKey), publicSignKey: bytesToHex(keys.publicKey) };

/** The commands that come before any key is used, each read at every step. @type {import('../fuzz-target.mjs').Target} */
export const oneCommand = {
	samples: () => [
		JSON.stringify({ command: 'communication_request', sourcePublicKey: bytesToHex(peer.publicKey), targetPublicKey: bytesToHex(keys.publicKey) }),
		'{"command":"connection_handover"}',
		ONE_PAIRING_OPENING,
		person,
		JSON.stringify({ command: 'keys_object', obj: personKeys }),
		'{ "command" : "x", "list" : [ [ 1, "a:b" ] ], "text" : "\\u00e4 \\" : , \\\\ { }", "obj" : { "a" : null, "__proto__" : 1, "a" : 2 } }',
	],
	async run(text) {
		await refused(new OneSessionPlugin({ keys }).handshake(wireOf([text])));
		for (const before of [[], [ONE_PAIRING_OPENING], [ONE_PAIRING_OPENING, person]]) {
			await refused(new OnePairingPlugin({ own, personSecretKey: keys.secretKey }).handshake(wireOf([...before, text])));
		}
		if ({}.polluted !== undefined) throw new Error('Object.prototype was polluted');
	},
	isExpected: () => false,
};

/** A wire that ends after these frames. */
function wireOf(frames) {
	const waiting = [...frames];
	const end = Object.assign(new Error('the wire has ended'), { code: 'END' });
	return {
		initiator: false,
		secure: channel,
		signal: { aborted: false },
		send() {},
		provideSecure() {},
		read: async () => waiting.shift() ?? Promise.reject(end),
	};
}

const isRefusal = isCoded('MALFORMED_FRAME', 'PROTOCOL_ORDER', 'PEER_MISMATCH', 'END');

async function refused(handshake) {
	try {
		await handshake;
	} catch (error) {
		if (isRefusal(error)) return;
		throw error;
	}
	throw new Error('a handshake ended well with hardly anything said');
}
