import nacl from 'tweetnacl';
import { expect, test } from 'vitest';
import { type Fill, play } from '../fixtures/conversation.js';
import { startRelay } from '../fixtures/relay.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

/** ONE's side of everything, with tweetnacl alone. */
function oneParties(relayKey: Uint8Array): Fill {
	const parties = new Map(['L', 'I'].map((name) => [name, nacl.box.keyPair()]));
	return (name, captured) => {
		if (name === 'S') return hex(relayKey);
		const party = parties.get(name);
		if (party !== undefined) return hex(party.publicKey);
		if (name !== 'answer') throw new Error(`a conversation names {${name}}, which nobody knows`);
		return hex(answer(unhex(captured.get('challenge') as string), relayKey, (parties.get('L') as nacl.BoxKeyPair).secretKey));
	};
}

function answer(challenge: Uint8Array, relayKey: Uint8Array, secretKey: Uint8Array): Uint8Array {
	const plain = nacl.box.open(challenge.subarray(24), challenge.subarray(0, 24), relayKey, secretKey) as Uint8Array;
	const nonce = nacl.randomBytes(24);
	const box = nacl.box(
		plain.map((byte) => ~byte),
		nonce,
		relayKey,
		secretKey,
	);
	return Buffer.concat([nonce, box]);
}

test('a listener and an initiator of ONE meet, frame by frame as recorded', async () => {
	const running = await startRelay();
	await play('one-listener-and-initiator.txt', running, oneParties(running.relay.onePublicKey));
	await expect.poll(() => running.relay.counts).toMatchObject({ connections: 0, waiting: 0, splices: 0 });
});
