import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { nodePrimitives } from './backends/node.js';
import { CipherState } from './cipher-state.js';
import { BACKENDS } from './fixtures/backends.js';
import { fromHex } from './fixtures/hex.js';
import { NOISE_VECTORS } from './fixtures/noise-vectors.js';
import { ZERO_SHARED_KEYS } from './fixtures/weak-points.js';
import { NoiseHandshake, type NoiseOptions } from './noise.js';
import { messageBytes, type NoiseMessage, parseMessage } from './noise-message.js';
import { LINKSCOPE_NOISE, noiseProtocol } from './noise-patterns.js';
import type { Primitives } from './primitives.js';

vi.setConfig({ testTimeout: 60_000 });

const NONE = new Uint8Array(0);
const { x25519 } = nodePrimitives;
const text = (words: string) => new TextEncoder().encode(words);
const failing = (code: string) => expect.objectContaining({ name: 'CryptoError', code });

/** Both sides, on the backends asked for. */
function sides(
	{ protocol: name = LINKSCOPE_NOISE.name, ...options }: Partial<Omit<NoiseOptions, 'protocol'>> & { protocol?: string } = {},
	[left, right]: Primitives[] = [nodePrimitives, nodePrimitives],
) {
	const protocol = noiseProtocol(name);
	const [initiatorKeys, responderKeys] = [x25519.generate(), x25519.generate()];
	const known = /_(IK|XK)_/.test(name) ? responderKeys.publicKey : undefined;
	const presharedKey = name.includes('psk') ? new Uint8Array(32).fill(7) : undefined;
	const initiator = new NoiseHandshake({
		primitives: left as Primitives,
		role: 'initiator',
		protocol,
		staticKeys: initiatorKeys,
		remoteStaticKey: known,
		presharedKey,
		...options,
	});
	const responder = new NoiseHandshake({ primitives: right as Primitives, role: 'responder', protocol, staticKeys: responderKeys, presharedKey });
	return { initiator, responder, initiatorKeys, responderKeys };
}

/** The whole handshake; `pass` sees each message on its way and may change it. */
function run({ initiator, responder }: ReturnType<typeof sides>, pass = (message: NoiseMessage, _index: number): NoiseMessage => message) {
	for (let index = 0; !initiator.finished || !responder.finished; index++) {
		const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator];
		reader.readMessage(pass(writer.writeMessage(text(`payload ${index}`)), index));
	}
	return [initiator.split(), responder.split()] as const;
}

describe('a handshake', () => {
	test('lets a payload sign the hash as it is before the payload is sealed, and shows the reader that hash', () => {
		const { initiator, responder } = sides();
		responder.readMessage(initiator.writeMessage(NONE));
		const signed: Uint8Array[] = [];
		const message = responder.writeMessage((hash) => {
			signed.push(hash);
			return text('signature');
		});
		expect(initiator.readMessage(message)).toEqual({ payload: text('signature'), payloadHash: signed[0] });
		expect(initiator.handshakeHash).toEqual(responder.handshakeHash);
		expect(initiator.handshakeHash).not.toEqual(signed[0]);
	});

	test.each(NOISE_VECTORS.map((vector) => vector.protocol_name))(
		'%s gives both sides the same keys, one for each direction, and an exporter of neither',
		(protocol) => {
			const [ours, theirs] = run(sides({ protocol }));
			expect(ours).toEqual(theirs);
			const keys = [ours.initiatorKey, ours.responderKey, ours.exporter.slice(0, 32)].map(String);
			expect(new Set(keys).size).toBe(3);
			expect(keys.every((key) => key.split(',').length === 32)).toBe(true);
		},
	);

	test('works between any two backends', () => {
		for (const left of BACKENDS) for (const right of BACKENDS) expect(run(sides({}, [left, right]))[0]).toBeDefined();
	});

	test('tells each side the static key of the other as soon as it has come', () => {
		const both = sides();
		const { initiator, responder, initiatorKeys, responderKeys } = both;
		responder.readMessage(initiator.writeMessage(NONE));
		expect(initiator.remoteStaticKey).toBeUndefined();
		initiator.readMessage(responder.writeMessage(NONE));
		expect(initiator.remoteStaticKey).toEqual(responderKeys.publicKey);
		responder.readMessage(initiator.writeMessage(NONE));
		expect(responder.remoteStaticKey).toEqual(initiatorKeys.publicKey);
	});

	test('shows no static key on the wire in the clear', () => {
		const both = sides();
		const seen: string[] = [];
		run(both, (message) => {
			seen.push(String(messageBytes(message)));
			return message;
		});
		for (const { publicKey } of [both.initiatorKeys, both.responderKeys]) expect(seen.join().includes(String(publicKey))).toBe(false);
	});

	test('ends with the next message where the sides mixed in different things', () => {
		const { initiator, responder } = sides();
		responder.readMessage(initiator.writeMessage(NONE));
		initiator.mixHash(text('the frame'));
		responder.mixHash(text('another frame'));
		expect(() => initiator.readMessage(responder.writeMessage(NONE))).toThrow(failing('DECRYPT_FAILED'));
	});

	test('has another hash and the same keys where something was mixed in after the last message', () => {
		const { initiator, responder } = sides();
		responder.readMessage(initiator.writeMessage(NONE));
		initiator.readMessage(responder.writeMessage(NONE));
		responder.readMessage(initiator.writeMessage(NONE));
		responder.mixHash(text('the last frame'));
		const [ours, theirs] = [initiator.split(), responder.split()];
		expect(ours.initiatorKey).toEqual(theirs.initiatorKey);
		expect(ours.handshakeHash).not.toEqual(theirs.handshakeHash);
	});
});

describe('a handshake that is attacked', () => {
	test('ends where any byte of any message was changed', () => {
		for (const { protocol_name: protocol } of NOISE_VECTORS) {
			const lengths: number[] = [];
			run(sides({ protocol }), (message) => {
				lengths.push(messageBytes(message).length);
				return message;
			});
			for (const [target, length] of lengths.entries()) {
				for (let at = 0; at < length; at += 7) {
					const both = sides({ protocol });
					const tamper = (message: NoiseMessage, index: number) => {
						if (index !== target) return message;
						const bytes = messageBytes(message);
						bytes[at] = (bytes[at] as number) ^ 1;
						return parseMessage(bytes, (index % 2 === 0 ? both.responder : both.initiator).next);
					};
					let keys: ReturnType<typeof run> | undefined;
					expect(() => {
						keys = run(both, tamper);
					}, `byte ${at} of message ${target} of ${protocol}`).toThrow(/did not open/);
					expect(keys).toBeUndefined();
				}
			}
		}
	});

	test.each(ZERO_SHARED_KEYS)('refuses the ephemeral key %s on both sides', (weak) => {
		const e = fromHex(weak);
		const { initiator, responder } = sides();
		responder.readMessage({ e, payload: NONE });
		expect(() => responder.writeMessage(NONE)).toThrow(failing('WEAK_KEY'));
		initiator.writeMessage(NONE);
		expect(() => initiator.readMessage({ e, s: new Uint8Array(48), payload: new Uint8Array(16) })).toThrow(failing('WEAK_KEY'));
	});

	test('is not replayed: yesterday its messages were for other keys', () => {
		const recorded: NoiseMessage[] = [];
		run(sides(), (message) => {
			recorded.push(message);
			return message;
		});
		const { responder } = sides();
		responder.readMessage(recorded[0] as NoiseMessage);
		responder.writeMessage(NONE);
		expect(() => responder.readMessage(recorded[2] as NoiseMessage)).toThrow(failing('DECRYPT_FAILED'));
	});

	test('does not take its own message for an answer', () => {
		const { initiator } = sides();
		const own = messageBytes(initiator.writeMessage(new Uint8Array(64)));
		expect(() => initiator.readMessage(parseMessage(own, initiator.next))).toThrow(failing('DECRYPT_FAILED'));
	});

	test('fails between different prologues and different pre-shared keys', () => {
		expect(() => run(sides({ prologue: text('linkscope/2') }))).toThrow(failing('DECRYPT_FAILED'));
		expect(() => run(sides({ protocol: 'Noise_XXpsk3_25519_ChaChaPoly_SHA256', presharedKey: new Uint8Array(32) }))).toThrow(failing('DECRYPT_FAILED'));
	});

	test('refuses an initiator that knows another responder, at its first message', () => {
		for (const pattern of ['IK', 'XK'])
			expect(() => run(sides({ protocol: `Noise_${pattern}_25519_ChaChaPoly_SHA256`, remoteStaticKey: x25519.generate().publicKey }))).toThrow(
				failing('DECRYPT_FAILED'),
			);
	});

	test('is dead after an error: nothing can be read, written or split any more', () => {
		const { initiator, responder } = sides();
		const first = initiator.writeMessage(NONE);
		expect(() => responder.readMessage({ payload: NONE })).toThrow(failing('MALFORMED_FRAME'));
		for (const use of [() => responder.readMessage(first), () => responder.writeMessage(NONE), () => responder.mixHash(NONE), () => responder.split()])
			expect(use).toThrow(/This handshake is over/);
	});

	test('names a part of the wrong length, and a message too short or too long', () => {
		const { initiator, responder } = sides();
		expect(() => parseMessage(new Uint8Array(31), responder.next)).toThrow('at least 32 bytes, not 31');
		expect(() => parseMessage(new Uint8Array(65_536), responder.next)).toThrow('at most 65535 bytes, not 65536');
		initiator.writeMessage(NONE);
		expect(() => parseMessage(new Uint8Array(95), initiator.next)).toThrow('at least 96 bytes, not 95');
		const e = x25519.generate().publicKey;
		expect(() => initiator.readMessage({ e, s: new Uint8Array(32), payload: new Uint8Array(16) })).toThrow(failing('MALFORMED_FRAME'));
	});

	test('takes no harm from any bytes at all', () => {
		fc.assert(
			fc.property(fc.constantFrom(...NOISE_VECTORS.map((vector) => vector.protocol_name)), fc.uint8Array({ maxLength: 200 }), (protocol, bytes) => {
				const { responder } = sides({ protocol });
				try {
					responder.readMessage(parseMessage(bytes, responder.next));
				} catch (error) {
					expect(error).toEqual(expect.objectContaining({ code: expect.stringMatching(/^(MALFORMED_FRAME|DECRYPT_FAILED|WEAK_KEY)$/) }));
				}
			}),
		);
	});
});

describe('mistakes of the code that drives a handshake', () => {
	test('writing or reading out of turn, splitting early or twice', () => {
		const { initiator, responder } = sides();
		expect(() => responder.writeMessage(NONE)).toThrow(/other side that writes next/);
		expect(() => initiator.readMessage({ payload: NONE })).toThrow(/other side that writes next/);
		expect(() => initiator.split()).toThrow(/This handshake is over/);
		const both = sides();
		run(both);
		expect(() => both.initiator.split()).toThrow(/This handshake is over/);
		expect(() => both.responder.mixHash(NONE)).toThrow(/This handshake is over/);
	});

	test('keys that are missing, not used, or of the wrong length, and protocols nobody speaks', () => {
		const key = x25519.generate().publicKey;
		expect(() => sides({ presharedKey: key })).toThrow('presharedKey is not used');
		expect(() => sides({ protocol: 'Noise_XXpsk3_25519_AESGCM_SHA256', presharedKey: undefined })).toThrow('presharedKey is needed');
		expect(() => sides({ protocol: 'Noise_XXpsk3_25519_AESGCM_SHA256', presharedKey: new Uint8Array(16) })).toThrow('presharedKey has 32 bytes, not 16');
		expect(() => sides({ remoteStaticKey: key })).toThrow('remoteStaticKey is not known beforehand');
		expect(() => sides({ protocol: 'Noise_IK_25519_AESGCM_SHA256', remoteStaticKey: undefined })).toThrow('remoteStaticKey is needed');
		for (const protocol of [
			'',
			'Noise_NN_25519_ChaChaPoly_SHA256',
			`${LINKSCOPE_NOISE.name}_more`,
			'Noise_XX_448_ChaChaPoly_SHA256',
			'Noise_constructor_25519_ChaChaPoly_SHA256',
		])
			expect(() => sides({ protocol })).toThrow(RangeError);
	});
});

describe('secrets of a handshake', () => {
	test('are wiped with its end: the ephemeral key is zero, the static one its owner’s', () => {
		const ephemeralKeys = x25519.generate();
		const { secretKey, publicKey } = ephemeralKeys;
		const both = sides({ ephemeralKeys: { secretKey, publicKey } });
		run(both);
		expect(secretKey).toEqual(new Uint8Array(32));
		expect(both.initiatorKeys.secretKey).not.toEqual(new Uint8Array(32));
	});

	test('show in no JSON', () => {
		const both = sides();
		run(both);
		expect(JSON.stringify(both.initiator)).toBe('{}');
	});
});

describe('a cipher state', () => {
	const state = (counter?: number, primitives: Primitives = nodePrimitives) =>
		new CipherState(primitives, 'chacha20-poly1305', new Uint8Array(32).fill(1), counter);

	test('never uses a nonce twice, and stops before a number no longer counts by one', () => {
		const sealer = state(Number.MAX_SAFE_INTEGER - 2);
		const first = sealer.seal(NONE, NONE);
		expect(sealer.seal(NONE, NONE)).not.toEqual(first);
		for (const attempt of [1, 2]) expect(() => sealer.seal(NONE, NONE), `attempt ${attempt}`).toThrow(failing('NONCES_USED_UP'));
		expect(() => state(Number.MAX_SAFE_INTEGER).open(NONE, first)).toThrow(failing('NONCES_USED_UP'));
	});

	test.each([
		[1, '000000000100000000000000', '000000000000000000000001'],
		[2 ** 32 - 1, '00000000ffffffff00000000', '0000000000000000ffffffff'],
		[2 ** 40 + 5, '000000000500000000010000', '000000000000010000000005'],
	])('counts in 64 bits, little endian for ChaChaPoly and big endian for AESGCM: %i', (counter, little, big) => {
		const key = new Uint8Array(32).fill(1);
		for (const [name, nonce] of [
			['chacha20-poly1305', little],
			['aes-256-gcm', big],
		] as const) {
			const sealed = nodePrimitives.aead(name, key).seal(fromHex(nonce), text('x'));
			expect(new CipherState(nodePrimitives, name, key.slice(), counter).seal(NONE, text('x'))).toEqual(sealed);
		}
	});

	test('does not count what did not open, so the right message still does', () => {
		const [sealer, opener] = [state(), state()];
		const sealed = sealer.seal(text('about'), text('hello'));
		expect(() => opener.open(NONE, sealed)).toThrow(failing('DECRYPT_FAILED'));
		expect(opener.open(text('about'), sealed)).toEqual(text('hello'));
		expect(() => opener.open(text('about'), sealed)).toThrow(failing('DECRYPT_FAILED'));
	});

	test('is no more after its key was wiped', () => {
		const key = new Uint8Array(32).fill(1);
		const sealer = new CipherState(nodePrimitives, 'aes-256-gcm', key);
		sealer.wipe();
		expect(key).toEqual(new Uint8Array(32));
		expect(() => sealer.seal(NONE, NONE)).toThrow(failing('NONCES_USED_UP'));
	});
});
