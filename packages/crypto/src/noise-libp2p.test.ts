import { noise } from '@chainsafe/libp2p-noise';
import { expect, test } from 'vitest';
import { CipherState } from './cipher-state.js';
import { BACKENDS } from './fixtures/backends.js';
import { fieldsOf, joined, Libp2pEnd, libp2pComponents, protobuf } from './fixtures/libp2p-end.js';
import { NoiseHandshake, type NoiseKeys } from './noise.js';
import { messageBytes, parseMessage } from './noise-message.js';
import { LINKSCOPE_NOISE } from './noise-patterns.js';
import type { Primitives } from './primitives.js';

// An independent implementation at the other end, in both roles: https://github.com/libp2p/specs/tree/master/noise

const NONE = new Uint8Array(0);
const text = (words: string) => new TextEncoder().encode(words);

/** One side as libp2p wants it: a payload that holds the identity and its signature of the static key. */
class OurSide {
	readonly handshake: NoiseHandshake;
	readonly #primitives: Primitives;
	readonly #seed: Uint8Array;
	readonly #staticKey: Uint8Array;

	constructor(primitives: Primitives, role: 'initiator' | 'responder') {
		const staticKeys = primitives.x25519.generate();
		this.#primitives = primitives;
		this.#seed = primitives.randomBytes(32);
		this.#staticKey = staticKeys.publicKey;
		this.handshake = new NoiseHandshake({ primitives, role, protocol: LINKSCOPE_NOISE, staticKeys });
	}

	write(withPayload: boolean): Uint8Array {
		return messageBytes(this.handshake.writeMessage(withPayload ? this.#payload() : NONE));
	}

	read(bytes: Uint8Array): Uint8Array {
		return this.handshake.readMessage(parseMessage(bytes, this.handshake.next)).payload;
	}

	/** Fails where the peer's payload does not sign its static key. */
	check(payload: Uint8Array, identity: Uint8Array): void {
		const [identityKey, signature] = fieldsOf(payload);
		expect(identityKey).toEqual(joined(Uint8Array.of(8, 1), protobuf(2, identity)));
		const signed = joined(text('noise-libp2p-static-key:'), this.handshake.remoteStaticKey as Uint8Array);
		expect(this.#primitives.ed25519.verify(identity, signed, signature as Uint8Array)).toBe(true);
	}

	#payload(): Uint8Array {
		const { ed25519 } = this.#primitives;
		const identityKey = joined(Uint8Array.of(8, 1), protobuf(2, ed25519.publicKey(this.#seed)));
		const signature = ed25519.sign(this.#seed, joined(text('noise-libp2p-static-key:'), this.#staticKey));
		return joined(protobuf(1, identityKey), protobuf(2, signature));
	}
}

/** A message each way, and the answer, through the keys of the handshake. */
async function talk(
	wire: Libp2pEnd,
	connection: { send(bytes: Uint8Array): boolean },
	primitives: Primitives,
	sendKey: Uint8Array,
	receiveKey: Uint8Array,
): Promise<void> {
	const [sealer, opener] = [sendKey, receiveKey].map((key) => new CipherState(primitives, 'chacha20-poly1305', key)) as [CipherState, CipherState];
	const heard: string[] = [];
	(connection as unknown as EventTarget).addEventListener('message', (event) => {
		const { data } = event as unknown as { data: { subarray(): Uint8Array } };
		heard.push(new TextDecoder().decode(data.subarray()));
	});
	for (const words of ['hello from linkscope', 'once more']) wire.deliver(sealer.seal(NONE, text(words)));
	await expect.poll(() => heard.join('; ')).toBe('hello from linkscope; once more');
	connection.send(text('hello from libp2p'));
	expect(new TextDecoder().decode(opener.open(NONE, await wire.next()))).toBe('hello from libp2p');
}

test.each(BACKENDS)('initiates a handshake that libp2p-noise answers, through $name', async (primitives) => {
	const [wire, components, ours] = [new Libp2pEnd(), libp2pComponents(primitives), new OurSide(primitives, 'initiator')];
	const secured = noise()(components).secureInbound(wire as never, { skipStreamMuxerNegotiation: true });
	wire.deliver(ours.write(false));
	ours.check(ours.read(await wire.next()), components.privateKey.publicKey.raw);
	wire.deliver(ours.write(true));
	const keys: NoiseKeys = ours.handshake.split();
	await talk(wire, (await secured).connection, primitives, keys.initiatorKey, keys.responderKey);
});

test.each(BACKENDS)('answers a handshake that libp2p-noise initiates, through $name', async (primitives) => {
	const [wire, components, ours] = [new Libp2pEnd(), libp2pComponents(primitives), new OurSide(primitives, 'responder')];
	const secured = noise()(components).secureOutbound(wire as never, { skipStreamMuxerNegotiation: true });
	ours.read(await wire.next());
	wire.deliver(ours.write(true));
	ours.check(ours.read(await wire.next()), components.privateKey.publicKey.raw);
	const keys: NoiseKeys = ours.handshake.split();
	await talk(wire, (await secured).connection, primitives, keys.responderKey, keys.initiatorKey);
});

test('libp2p-noise refuses what does not come from these keys: the test could fail', async () => {
	const [wire, components, ours] = [new Libp2pEnd(), libp2pComponents(BACKENDS[0] as Primitives), new OurSide(BACKENDS[0] as Primitives, 'initiator')];
	const secured = noise()(components).secureInbound(wire as never, { skipStreamMuxerNegotiation: true });
	wire.deliver(ours.write(false));
	ours.read(await wire.next());
	ours.handshake.mixHash(text('something libp2p does not mix in'));
	wire.deliver(ours.write(true));
	await expect(secured).rejects.toThrow();
});
