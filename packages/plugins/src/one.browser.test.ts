import { Connection } from '@linkscope/core';
import { createMemoryPair } from '@linkscope/core/testing';
import { boxKeyPair } from '@linkscope/crypto/nacl';
import { expect, test } from 'vitest';
import { OneFragmentationPlugin, OneKeepalivePlugin, type OneSessionOptions, OneSessionPlugin } from './one.js';

test('a page speaks the ONE session, both ways', async () => {
	const [mine, theirs] = [boxKeyPair(), boxKeyPair()];
	const [a, b] = createMemoryPair({ delivery: 'burst' });
	const chain = (session: OneSessionOptions) => [new OneSessionPlugin(session), new OneKeepalivePlugin(), new OneFragmentationPlugin()];
	const left = new Connection(a, { plugins: chain({ keys: mine, peer: theirs.publicKey }) });
	const right = new Connection(b, { initiator: false, plugins: chain({ keys: theirs, peer: mine.publicKey }) });
	right.onMessage.on((message) => right.send(message));
	await Promise.all([left.open(), right.open()]);
	const answers = left.messages();
	for (const message of ['grüße 🙂', 'keepalive', 'x'.repeat(20_000), new Uint8Array(70_000).fill(7)]) {
		left.send(typeof message === 'string' ? message : message.slice());
		expect((await answers.next()).value).toEqual(message);
	}
	await left.close();
	expect([left.state, right.state]).toEqual(['CLOSED', 'CLOSED']);
});
