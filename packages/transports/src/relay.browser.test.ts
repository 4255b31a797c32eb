import { Connection } from '@linkscope/core';
import { createIdentity, defaultPrimitives } from '@linkscope/crypto';
import { describe, expect, inject, test, vi } from 'vitest';
import { createRelayListener, dialRelay, openRelay, type RelayCall, type RelayListener } from './relay.browser.js';

const url = inject('relayUrl');
const newIdentity = () => createIdentity(defaultPrimitives());
const soon = { next: () => 50 };

async function waiting(): Promise<{ listener: RelayListener; target: Uint8Array }> {
	const identity = newIdentity();
	const listener = createRelayListener({ relay: url, identity, backoff: soon, transports: ['relay'] });
	listener.start();
	await vi.waitFor(() => expect(listener.waiting).toBe(2), 25_000);
	return { listener, target: identity.publicKey };
}

const nextCall = (listener: RelayListener): Promise<RelayCall> => new Promise((resolve) => listener.onTransport.once(resolve));

describe('in a page, through a relay', () => {
	test('two meet: text stays text, bytes stay bytes, in order, and the close comes with its reason', async () => {
		const { listener, target } = await waiting();
		const me = newIdentity();
		const session = await openRelay(url, { identity: me });
		expect(await session.discover(target, { probe: true })).toMatchObject({ registered: true, transports: ['relay'], alive: true });
		const near = new Connection(session.dial(target));
		const called = nextCall(listener);
		const opening = near.open();
		const { transport, from } = await called;
		expect(from).toEqual(me.publicKey);
		const far = new Connection(transport, { initiator: false });
		const got: unknown[] = [];
		far.onMessage.on((message) => got.push(message));
		await Promise.all([opening, far.open()]);
		const sent = Array.from({ length: 500 }, (_, i) => (i % 2 ? `grüße ${i}` : new Uint8Array([i])));
		for (const message of sent) near.send(message);
		await vi.waitFor(() => expect(got.length).toBe(500), 25_000);
		expect(got).toEqual(sent);
		await near.close('enough');
		await vi.waitFor(() => expect(far.closeInfo).toMatchObject({ code: 1000, reason: 'enough', initiatedBy: 'remote' }), 25_000);
		await vi.waitFor(() => expect(listener.waiting).toBe(2), 25_000);
		listener.stop();
		await vi.waitFor(async () => {
			const later = await openRelay(url, { identity: me });
			expect(await later.discover(target)).toMatchObject({ registered: false });
			later.close();
		}, 25_000);
	});

	test('nobody there, and an abort while opening', async () => {
		const identity = newIdentity();
		const nobody = new Connection(dialRelay(url, { identity, target: newIdentity().publicKey }));
		await expect(nobody.open()).rejects.toMatchObject({ code: 'NOT_REGISTERED' });
		const aborting = new AbortController();
		const opening = openRelay(url, { identity }, aborting.signal);
		aborting.abort();
		await expect(opening).rejects.toMatchObject({ code: 'OPEN_ABORTED' });
	});
});
