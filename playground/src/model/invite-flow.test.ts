import { type Connection, type ConnectionSnapshot, createIdentity, createInvite, getConnectionInstrumentationStats } from 'linkscope';
import { beforeEach, expect, it, vi } from 'vitest';
import { snapshots } from '../test-snapshots.js';
import { createInviteFlow } from './invite-flow.js';

const identity = createIdentity();
const link = (await createInvite({ identity, endpoints: ['ws://127.0.0.1:1/'] })).link();
let shown: ConnectionSnapshot[];

beforeEach(() => {
	shown = [];
});

/** A flow whose dialling the test ends. */
function flowOf() {
	let settle: { resolve(connection: Connection): void; reject(error: unknown): void } | undefined;
	const accept = vi.fn((_link: string, options: { signal?: AbortSignal; tags?: Readonly<Record<string, string>> }) => {
		shown = [...shown, ...snapshots(1, { id: `c${shown.length + 1}`, tags: { ...options.tags } })];
		return new Promise<Connection>((resolve, reject) => {
			settle = { resolve, reject };
			options.signal?.addEventListener('abort', () => reject(new Error('aborted')));
		});
	});
	const connected = vi.fn();
	const stats = () => ({ ...getConnectionInstrumentationStats(), connections: [...snapshots(1, { id: 'other' }), ...shown] });
	const flow = createInviteFlow({ stats, connected, accept: accept as never, loadIdentity: async () => identity });
	return { flow, accept, connected, settle: () => settle as NonNullable<typeof settle>, dialled: () => vi.waitFor(() => expect(accept).toHaveBeenCalled()) };
}

function fakeConnection() {
	const messages: ((message: string | Uint8Array) => void)[] = [];
	const ends: ((info: object) => void)[] = [];
	const connection = {
		id: 'c1',
		plugins: [],
		peer: { fingerprint: 'abcd' },
		onMessage: { on: (fn: (typeof messages)[number]) => messages.push(fn) },
		onClose: { on: (fn: (typeof ends)[number]) => ends.push(fn) },
		send: vi.fn(),
		close: vi.fn(async () => {}),
	};
	return { connection: connection as unknown as Connection, fake: connection, say: (text: string | Uint8Array) => messages[0]?.(text), end: ends };
}

it('dials nothing before it is told to, and keeps the secret out of the field', async () => {
	const { flow, accept } = flowOf();
	flow.paste(link);
	expect([flow.reading.value.kind, flow.text.value, flow.steps.value[0]?.state]).toEqual(['invite', '', 'done']);
	expect(accept).not.toHaveBeenCalled();
});

it('leaves in the field what was pasted and is no invite, and nothing that came with the address', async () => {
	const { flow, accept } = flowOf();
	flow.paste(link.slice(0, -1));
	expect([flow.reading.value.kind, flow.text.value]).toEqual(['refused', link.slice(0, -1)]);
	flow.open(link.slice(0, -1));
	expect([flow.reading.value.kind, flow.text.value]).toEqual(['refused', '']);
	await flow.accept();
	expect(accept).not.toHaveBeenCalled();
});

it('follows the connections of its own attempt and hands over the one that is active', async () => {
	const { flow, accept, connected, settle, dialled } = flowOf();
	flow.paste(link);
	const done = flow.accept();
	await dialled();
	expect(flow.run.value?.outcome).toBe('running');
	const options = accept.mock.calls[0]?.[1] as unknown as { plugins: () => readonly object[] };
	expect(options.plugins()[0]).not.toBe(options.plugins()[0]);
	const { connection } = fakeConnection();
	settle().resolve(connection);
	await done;
	expect(flow.run.value).toMatchObject({ outcome: 'active', connections: [{ id: 'c1' }] });
	expect(connected).toHaveBeenCalledWith(connection);
	expect(flow.conversation.value?.peer).toBe('abcd');
	expect(flow.fingerprint.value).toBe(identity.fingerprint);
});

it('dials once, however often it is told to', async () => {
	const { flow, accept, settle, dialled } = flowOf();
	flow.paste(link);
	const done = [flow.accept(), flow.accept()];
	await dialled();
	settle().reject(Object.assign(new Error('no answer'), { code: 'OPEN_FAILED' }));
	await Promise.all(done);
	expect(accept).toHaveBeenCalledOnce();
	expect(flow.run.value).toMatchObject({ outcome: 'failed', problem: { code: 'OPEN_FAILED', sentence: 'no answer', isFinal: false } });
});

it('cancels, and may be tried again', async () => {
	const { flow, accept, dialled } = flowOf();
	flow.paste(link);
	const done = flow.accept();
	await dialled();
	flow.cancel();
	await done;
	expect(flow.run.value).toMatchObject({ outcome: 'cancelled', problem: null });
	void flow.accept();
	await vi.waitFor(() => expect(accept).toHaveBeenCalledTimes(2));
	expect(flow.run.value?.outcome).toBe('running');
	flow.cancel();
});

it('is cancelled at once, also where the identity is slow to come', async () => {
	let resolve = (_: typeof identity): void => {};
	const loadIdentity = () => new Promise<typeof identity>((done) => (resolve = done));
	const accept = vi.fn((_link: string, { signal }: { signal?: { aborted: boolean } }) => Promise.reject(new Error(String(signal?.aborted))));
	const flow = createInviteFlow({ stats: getConnectionInstrumentationStats, connected: vi.fn(), accept: accept as never, loadIdentity });
	flow.paste(link);
	const done = flow.accept();
	flow.cancel();
	expect(flow.run.value?.outcome).toBe('cancelled');
	resolve(identity);
	await done;
	expect(flow.run.value).toMatchObject({ outcome: 'cancelled', problem: null });
});

it('shows nothing of an attempt whose invite was replaced, and closes what came of it', async () => {
	const { flow, connected, accept } = flowOf();
	let resolve = (_: Connection): void => {};
	// It became active in the very moment of the cancelling.
	accept.mockImplementation(() => new Promise((done) => (resolve = done)));
	flow.paste(link);
	const done = flow.accept();
	await vi.waitFor(() => expect(accept).toHaveBeenCalled());
	flow.discard();
	const { connection, fake } = fakeConnection();
	resolve(connection);
	await done;
	expect(fake.close).toHaveBeenCalled();
	expect(connected).not.toHaveBeenCalled();
	expect([flow.run.value, flow.conversation.value, flow.reading.value.kind]).toEqual([null, null, 'nothing']);
});

it('leaves the conversation alone when another invite is looked at', async () => {
	const { flow, settle, dialled } = flowOf();
	flow.paste(link);
	const done = flow.accept();
	await dialled();
	settle().resolve(fakeConnection().connection);
	await done;
	flow.discard();
	flow.paste('something else');
	expect(flow.conversation.value?.id).toBe('c1');
});

it('tells in lines what was said and how it ended', async () => {
	const { flow, settle, dialled } = flowOf();
	flow.paste(link);
	const done = flow.accept();
	await dialled();
	const { connection, fake, say, end } = fakeConnection();
	settle().resolve(connection);
	await done;
	const talk = flow.conversation.value;
	talk?.send('hello');
	say('x'.repeat(5000));
	say(new Uint8Array(1500));
	fake.send.mockImplementation(() => {
		throw new Error('too late');
	});
	talk?.send('still there?');
	for (const tell of end) tell({ code: 1000, reason: 'bye', initiatedBy: 'remote' });
	expect(talk?.lines.value.map(({ from, text }) => [from, text.length > 100 ? text.length : text])).toEqual([
		['me', 'hello'],
		['peer', 2001],
		['peer', '1.5 kB that are no text'],
		['page', 'too late'],
		['page', 'Ended by the inviter: 1000 “bye”'],
	]);
	expect(talk?.isOpen.value).toBe(false);
	for (let i = 0; i < 300; i++) say(String(i));
	expect(talk?.lines.value).toHaveLength(200);
});
