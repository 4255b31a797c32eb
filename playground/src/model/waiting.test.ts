import { type Connection, type ConnectionState, createIdentity, readInvite } from 'linkscope';
import { expect, it, vi } from 'vitest';
import { createWaitingFlow } from './waiting.js';

const identity = createIdentity();
const PAGE = new URL('http://127.0.0.1:4180/');
const RELAY = 'wss://relay.example/';

type Status = { state: string; error: Error | null };

/** A flow at a relay that does what the test says. */
function flowOf(fails?: unknown) {
	let call = (_: Connection): void => {};
	let tell = (_: readonly Status[]): void => {};
	const close = vi.fn(async () => {});
	const listenAt = vi.fn(async (options: { onConnection: typeof call }) => {
		if (fails) throw fails;
		call = options.onConnection;
		return { close, onRelays: { on: (fn: typeof tell) => (tell = fn) } };
	});
	const connected = vi.fn();
	const flow = createWaitingFlow({ page: PAGE, connected, listenAt: listenAt as never, loadIdentity: async () => identity });
	flow.relay.value = ` ${RELAY} `;
	return { flow, listenAt, close, connected, call: (one: Connection) => call(one), tell: (status: Status) => tell([status]) };
}

function guest() {
	let enter = (_: ConnectionState): void => {};
	const silent = { on: () => () => {} };
	const connection = {
		id: 'c9',
		plugins: [],
		peer: { fingerprint: 'efgh' },
		onMessage: silent,
		onClose: silent,
		onState: { on: (fn: typeof enter) => (enter = fn) },
	};
	return { connection: connection as unknown as Connection, enter: (state: ConnectionState) => enter(state) };
}

const linkOf = (flow: ReturnType<typeof flowOf>['flow']): string => (flow.state.value.kind === 'waiting' ? flow.state.value.invite.link : '');

it('waits at the relay and makes an invite that names it and opens this page', async () => {
	const { flow, listenAt } = flowOf();
	await flow.start();
	expect(listenAt).toHaveBeenCalledWith(expect.objectContaining({ identity, relays: [RELAY] }));
	expect(linkOf(flow).startsWith(`${PAGE.href}#`)).toBe(true);
	expect(readInvite(linkOf(flow))).toMatchObject({ relays: [RELAY], endpoints: [], fingerprint: identity.fingerprint, uses: 1 });
});

it('waits once, however often it is told to', async () => {
	const { flow, listenAt } = flowOf();
	await Promise.all([flow.start(), flow.start()]);
	await flow.start();
	expect(listenAt).toHaveBeenCalledOnce();
});

it('shows who came when they have proved their invite, not before', async () => {
	const { flow, call, connected } = flowOf();
	await flow.start();
	const { connection, enter } = guest();
	call(connection);
	enter('PAIRING');
	expect(flow.conversations.value).toEqual([]);
	enter('ACTIVE');
	expect(flow.conversations.value).toMatchObject([{ id: 'c9', who: 'guest', peer: 'efgh' }]);
	expect(connected).toHaveBeenCalledWith(connection);
	for (let i = 0; i < 20; i++) {
		const more = guest();
		call(more.connection);
		more.enter('ACTIVE');
	}
	expect(flow.conversations.value).toHaveLength(8);
});

it('takes an invite back and makes another', async () => {
	const { flow } = flowOf();
	await flow.start();
	const first = linkOf(flow);
	await flow.revoke();
	expect(flow.state.value).toMatchObject({ kind: 'waiting', invite: { link: first, standing: 'revoked' } });
	await flow.renew();
	expect(flow.state.value).toMatchObject({ invite: { standing: 'open' } });
	expect(linkOf(flow)).not.toBe(first);
});

it('says how it stands with the relay', async () => {
	const { flow, tell } = flowOf();
	await flow.start();
	tell({ state: 'retrying', error: new Error('lost') });
	expect(flow.trouble.value).toBe('lost');
	tell({ state: 'connecting', error: null });
	expect(flow.trouble.value).toBe('dialling the relay again');
	tell({ state: 'waiting', error: null });
	expect(flow.trouble.value).toBeNull();
});

it('that was stopped while it made another invite stays idle', async () => {
	const { flow } = flowOf();
	await flow.start();
	const renewing = flow.renew();
	await flow.stop();
	await renewing;
	expect(flow.state.value.kind).toBe('idle');
});

it('stops, and starts anew', async () => {
	const { flow, close, listenAt } = flowOf();
	await flow.start();
	await flow.stop();
	expect([flow.state.value.kind, close.mock.calls.length]).toEqual(['idle', 1]);
	await flow.stop();
	await flow.start();
	expect([close.mock.calls.length, listenAt.mock.calls.length]).toEqual([1, 2]);
});

it('that was stopped while it was still dialling waits no more', async () => {
	const { flow, close } = flowOf();
	const starting = flow.start();
	await flow.stop();
	await starting;
	expect([flow.state.value.kind, close.mock.calls.length]).toEqual(['idle', 1]);
});

it('says why it cannot wait', async () => {
	const { flow } = flowOf(Object.assign(new Error('no answer'), { code: 'OPEN_FAILED' }));
	await flow.start();
	expect(flow.state.value).toMatchObject({ kind: 'failed', problem: { code: 'OPEN_FAILED' } });
});
