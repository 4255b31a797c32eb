import type { AeadName, HashName } from './primitives.js';

export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk';

export interface NoiseProtocol {
	readonly name: string;
	/** The tokens of each message; the initiator writes the first. */
	readonly messages: readonly (readonly Token[])[];
	/** The initiator knows the responder's static key beforehand. */
	readonly responderKnown: boolean;
	readonly psk: boolean;
	readonly cipher: AeadName;
	readonly hash: HashName;
}

// The Noise Protocol Framework, revision 34, sections 7.5 and 9.4.
const XX: NoiseProtocol['messages'] = [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']];

/** What linkscope/1 speaks. It stands by itself, so that a page that speaks nothing else has nothing else. */
export const LINKSCOPE_NOISE: NoiseProtocol = {
	name: 'Noise_XX_25519_ChaChaPoly_SHA256',
	messages: XX,
	responderKnown: false,
	psk: false,
	cipher: 'chacha20-poly1305',
	hash: 'SHA256',
};

const PATTERNS = /* @__PURE__ */ tableOf<Pick<NoiseProtocol, 'messages' | 'responderKnown' | 'psk'>>({
	XX: { messages: XX, responderKnown: false, psk: false },
	XXpsk3: { messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se', 'psk']], responderKnown: false, psk: true },
	IK: {
		messages: [
			['e', 'es', 's', 'ss'],
			['e', 'ee', 'se'],
		],
		responderKnown: true,
		psk: false,
	},
	XK: {
		messages: [
			['e', 'es'],
			['e', 'ee'],
			['s', 'se'],
		],
		responderKnown: true,
		psk: false,
	},
});
const CIPHERS = /* @__PURE__ */ tableOf<AeadName>({ ChaChaPoly: 'chacha20-poly1305', AESGCM: 'aes-256-gcm' });
const HASHES = /* @__PURE__ */ tableOf<HashName>({ SHA256: 'SHA256', SHA512: 'SHA512', BLAKE2s: 'BLAKE2s', BLAKE2b: 'BLAKE2b' });

/** The protocol of a name such as 'Noise_IK_25519_AESGCM_SHA512'. @throws RangeError where the name is not one of those this core can speak. */
export function noiseProtocol(name: string): NoiseProtocol {
	const [noise, pattern = '', curve, cipher = '', hash = '', ...rest] = name.split('_');
	const [shape, aead, digest] = [PATTERNS.get(pattern), CIPHERS.get(cipher), HASHES.get(hash)];
	if (noise !== 'Noise' || curve !== '25519' || !shape || !aead || !digest || rest.length > 0)
		throw new RangeError(`protocol must be Noise_{XX,XXpsk3,IK,XK}_25519_{ChaChaPoly,AESGCM}_{SHA256,SHA512,BLAKE2s,BLAKE2b}, not ${name}.`);
	return { name, ...shape, cipher: aead, hash: digest };
}

// A name such as 'constructor' stands in every object, but in no map.
function tableOf<Value>(entries: Record<string, Value>): ReadonlyMap<string, Value> {
	return new Map(Object.entries(entries));
}
