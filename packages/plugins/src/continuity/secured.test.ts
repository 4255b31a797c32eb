import { Connection, type Payload } from '@linkscope/core';
import { createMemoryPair, settle } from '@linkscope/core/testing';
import { createIdentity, defaultPrimitives } from '@linkscope/crypto';
import { expect, test, vi } from 'vitest';
import { CompressionPlugin } from '../compression.js';
import { AuthenticationPlugin } from '../secure/authentication.js';
import { EncryptionPlugin } from '../secure/encryption.js';
import { ContinuitySession } from './continuity-session.js';
import { ContinuitySessions } from './continuity-sessions.js';

const identity = () => createIdentity(defaultPrimitives());

test.each(['single', 'burst'] as const)('%s: over authentication, encryption and compression, messages survive ten lost connections', async (delivery) => {
	const [alice, bob] = [identity(), identity()];
	const session = new ContinuitySession();
	const sessions = new ContinuitySessions();
	const expected: Payload[] = [];
	const received: Payload[] = [];
	for (let round = 0; round <= 10; round++) {
		const [a, b] = createMemoryPair({ delivery });
		const left = new Connection(a, {
			plugins: [new AuthenticationPlugin({ identity: alice, peer: bob.publicKey }), new EncryptionPlugin(), new CompressionPlugin(), session.plugin()],
		});
		const right = new Connection(b, {
			initiator: false,
			plugins: [new AuthenticationPlugin({ identity: bob }), new EncryptionPlugin(), new CompressionPlugin(), sessions.plugin()],
		});
		right.onMessage.on((message) => received.push(message));
		await Promise.all([left.open(), right.open()]);
		for (let i = 0; i < 50; i++) {
			const message = i % 2 === 0 ? `${round}.${i} ${'text '.repeat(i * 20)}` : new Uint8Array(i).fill(round);
			expected.push(typeof message === 'string' ? message : message.slice());
			left.send(message);
		}
		await settle(round * 7);
		if (round === 10) {
			await vi.waitFor(() => expect(received).toHaveLength(expected.length), 25_000);
			await left.close();
		} else {
			left.terminate();
			right.terminate();
		}
	}
	expect(received).toEqual(expected);
	expect([session.peer, session.isAlive, sessions.size]).toEqual([bob.fingerprint, false, 0]);
});

test('a lone encryption has nobody to resume with', async () => {
	const [a, b] = createMemoryPair();
	const left = new Connection(a, { plugins: [new EncryptionPlugin(), new ContinuitySession().plugin()] });
	const right = new Connection(b, { initiator: false, plugins: [new EncryptionPlugin(), new ContinuitySessions().plugin()] });
	const results = await Promise.allSettled([left.open(), right.open()]);
	expect(results).toContainEqual({ status: 'rejected', reason: expect.objectContaining({ code: 'CONTINUITY_REFUSED', closeCode: 4401 }) });
});

test('somebody else with the name of a session gets nothing of it', async () => {
	const [alice, bob, eve] = [identity(), identity(), identity()];
	const sessions = new ContinuitySessions();
	const session = new ContinuitySession();
	const connect = async (who: typeof alice) => {
		const [a, b] = createMemoryPair();
		const left = new Connection(a, { plugins: [new AuthenticationPlugin({ identity: who }), session.plugin()] });
		const right = new Connection(b, { initiator: false, plugins: [new AuthenticationPlugin({ identity: bob }), sessions.plugin()] });
		const results = await Promise.allSettled([left.open(), right.open()]);
		return { left, right, results };
	};
	const first = await connect(alice);
	first.right.send('for alice');
	first.left.terminate();
	first.right.terminate();
	const stolen = await connect(eve);
	expect(stolen.results[0]).toMatchObject({ status: 'rejected', reason: { code: 'CONTINUITY_LOST' } });
	expect(sessions.list()[0]?.bufferedBytes).toBeGreaterThan(0);
});
