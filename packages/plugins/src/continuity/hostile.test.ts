import { inspect } from 'node:util';
import { Connection, hub, type Payload, type Plugin, type ProbeEvent, type Wire } from '@linkscope/core';
import { createMemoryPair, FakeClock, settle } from '@linkscope/core/testing';
import { describe, expect, test } from 'vitest';
import { ContinuitySession } from './continuity-session.js';
import { ContinuitySessions } from './continuity-sessions.js';
import { type Person, SecuredPair, type SecuredPairOptions } from './fixtures/secured-pair.js';
import { proveResume, type ResumePoint } from './resume-messages.js';

/** A peer that says whatever its script says, frame by frame; '<' waits for an answer. */
function scripted(...script: (Payload | ((wire: Wire) => Payload))[]): Plugin {
	return {
		name: 'hostile',
		async handshake(wire) {
			for (const line of script) {
				if (line === '<') await wire.read();
				else wire.send(typeof line === 'function' ? line(wire) : line);
			}
		},
	};
}

const OPEN = `{"type":"continuity_open","session":"${'A'.repeat(22)}","generation":1}`;
const OPENED = '{"type":"continuity_opened"}';

async function meet(options: Partial<SecuredPairOptions> & Pick<SecuredPairOptions, 'left' | 'right'>) {
	const clock = new FakeClock();
	const pair = new SecuredPair({ clock, ...options });
	const received: Payload[] = [];
	pair.right.onMessage.on((message) => received.push(message));
	const opened = pair.open();
	await clock.run(20_000);
	await opened;
	return { clock, pair, received };
}

/** How an end was ended, by its own error. */
const verdict = (end: Connection) => `${end.closeInfo?.code} ${(end.closeInfo?.error as { code?: string } | undefined)?.code}`;

describe('a session is refused', () => {
	const none: Plugin = { name: 'nothing' };

	test.each([
		['without a channel', none],
		[
			'on a channel of another protocol',
			{
				name: 'foreign',
				handshake: async (wire: Wire) => wire.provideSecure({ peer: 'x', binding: new Uint8Array(32), exportSecret: () => new Uint8Array(32) }),
			},
		],
	])('%s', async (_, below) => {
		const [a, b] = createMemoryPair();
		const left = new Connection(a, { plugins: [below as Plugin, new ContinuitySession().plugin()] });
		const right = new Connection(b, { initiator: false });
		await expect(Promise.all([left.open(), right.open()])).rejects.toMatchObject({ code: 'CONTINUITY_REFUSED' });
		expect(verdict(left)).toBe('4401 CONTINUITY_REFUSED');
	});

	test('where the peer is unverified, by either end', async () => {
		const { pair } = await meet({ left: [new ContinuitySession().plugin()], right: [new ContinuitySessions().plugin()], verified: false });
		expect([verdict(pair.left), verdict(pair.right)].sort()).toContain('4401 CONTINUITY_REFUSED');
	});

	test('at the wrong end', async () => {
		const { pair } = await meet({ left: [new ContinuitySessions().plugin()], right: [new ContinuitySession().plugin()] });
		expect(verdict(pair.left)).toBe('4500 PLUGIN_ORDER');
	});
});

describe('an acceptor', () => {
	const cases: [string, Payload, string][] = [
		['bytes', new Uint8Array([1]), '4400 MALFORMED_FRAME'],
		['no JSON', 'hello', '4400 MALFORMED_FRAME'],
		['a key twice', `${OPEN.slice(0, -1)},"generation":1}`, '4400 MALFORMED_FRAME'],
		['a key __proto__', `${OPEN.slice(0, -1)},"__proto__":"x"}`, '4400 MALFORMED_FRAME'],
		['no type', '{"a":1}', '4400 MALFORMED_FRAME'],
		['a megabyte', `{"type":"${'x'.repeat(1_000_000)}"}`, '4400 MALFORMED_FRAME'],
		['another message', OPENED, '4402 PROTOCOL_ORDER'],
		['a resume without fields', '{"type":"continuity_resume"}', '4400 MALFORMED_FRAME'],
		['a session name that is too short', '{"type":"continuity_resume","session":"AAAA","generation":2,"received":0}', '4400 MALFORMED_FRAME'],
		['a broken generation', '{"type":"continuity_resume","session":"AAAAAAAAAAAAAAAAAAAAAA","generation":1.5,"received":0}', '4400 MALFORMED_FRAME'],
		['a negative count', '{"type":"continuity_resume","session":"AAAAAAAAAAAAAAAAAAAAAA","generation":2,"received":-1}', '4400 MALFORMED_FRAME'],
	];

	test.each(cases)('refuses %s', async (_, frame, expected) => {
		const sessions = new ContinuitySessions();
		const { pair } = await meet({ left: [scripted(frame, '<')], right: [sessions.plugin()] });
		expect(verdict(pair.right)).toBe(expected);
		expect(sessions.size).toBe(0);
	});

	test('waits for silence no longer than a handshake may take', async () => {
		const { pair } = await meet({ left: [], right: [new ContinuitySessions().plugin()] });
		expect(verdict(pair.right)).toBe('4408 HANDSHAKE_TIMEOUT');
	});

	test('answers a resume of an unknown session and holds nothing for it', async () => {
		const sessions = new ContinuitySessions();
		const unknown = `{"type":"continuity_resume","session":"AAAAAAAAAAAAAAAAAAAAAA","generation":2,"received":0,"proof":"${'A'.repeat(43)}"}`;
		const { pair } = await meet({ left: [scripted(unknown, '<', 'go on')], right: [sessions.plugin()] });
		expect(pair.fromRight).toEqual(['{"type":"continuity_lost"}']);
		expect(verdict(pair.right)).toBe('4404 CONTINUITY_LOST');
		expect(sessions.size).toBe(0);
	});
});

describe('a resume is refused', () => {
	/** A session with three messages from the server of which two arrived, then a scripted peer that resumes it. */
	async function resumeWith(change: (honest: Record<string, unknown>) => Record<string, unknown>, { thief = 'client' as Person, secret = 'right' } = {}) {
		const events: ProbeEvent[] = [];
		const off = hub.subscribe((event) => events.push(event));
		const clock = new FakeClock();
		const sessions = new ContinuitySessions({ clock });
		const session = new ContinuitySession({ clock });
		const pair = new SecuredPair({ clock, left: [session.plugin()], right: [sessions.plugin()] });
		let held = new Uint8Array();
		const provide = pair.left.plugin('fake-authentication');
		const handshake = provide.handshake as (wire: Wire) => Promise<void>;
		provide.handshake = async (wire) => {
			await handshake(wire);
			held = wire.secure?.exportSecret('continuity') as typeof held;
		};
		await pair.open();
		for (const message of ['1', '2']) pair.right.send(message);
		await clock.run(1_000);
		expect(sessions.list()[0]?.bufferedBytes).toBe(0);
		pair.right.send('3');
		pair.cut();
		const id = session.id as string;
		const resume = (wire: Wire): string => {
			const { proveInstead, ...said } = change({ type: 'continuity_resume', session: id, generation: 2, received: 2 }) as unknown as ResumePoint & {
				proof?: string;
				proveInstead?: ResumePoint;
			};
			const agreed = { id, secret: secret === 'right' ? held : new Uint8Array(32), peer: '', peerIdentity: new Uint8Array() };
			const proof = said.proof ?? proveResume('I', agreed, (wire.secure as { binding: Uint8Array }).binding, proveInstead ?? said);
			return JSON.stringify({ ...said, proof });
		};
		const { pair: second, received } = await meet({ left: [scripted(resume, '<')], right: [sessions.plugin()], dialling: thief });
		off();
		return { second, sessions, received, events };
	}

	test('not where it is honest: the script resumes', async () => {
		const { second } = await resumeWith((honest) => honest);
		expect(second.right.state).toBe('ACTIVE');
		expect(second.fromRight.at(-1)).toBe('3');
	});

	test.each([
		['with a wrong proof', () => ({ proof: 'A'.repeat(43) }), '4401'],
		[
			'with a proof over something else',
			() => ({
				proof: proveResume('I', { id: 'A'.repeat(22), secret: new Uint8Array(32), peer: '', peerIdentity: new Uint8Array() }, new Uint8Array(32), {
					generation: 2,
					received: 2,
				}),
			}),
			'4401',
		],
		['with an acknowledgement of what was never sent', () => ({ received: 4 }), '4402'],
		['with an acknowledgement taken back', () => ({ received: 1 }), '4402'],
	])('%s', async (_, change, code) => {
		const { second, sessions, events } = await resumeWith((honest) => ({ ...honest, ...change() }));
		expect(verdict(second.right)).toBe(`${code} CONTINUITY_REFUSED`);
		expect([sessions.size, second.fromRight]).toEqual([1, []]);
		expect(events.filter((event) => event.type === 'note' && event.note.kind === 'security')).toMatchObject([
			{ note: { outcome: 'refused', code: 'CONTINUITY_REFUSED' } },
		]);
	});

	test('with a number other than the proved one', async () => {
		const { second } = await resumeWith((honest) => ({ ...honest, proveInstead: { generation: 2, received: 3 } }));
		expect(verdict(second.right)).toBe('4401 CONTINUITY_REFUSED');
		const { second: third } = await resumeWith((honest) => ({ ...honest, proveInstead: { generation: 3, received: 2 } }));
		expect(verdict(third.right)).toBe('4401 CONTINUITY_REFUSED');
	});

	test('opened again although both ends know it and nothing was acknowledged', async () => {
		const clock = new FakeClock();
		const sessions = new ContinuitySessions({ clock });
		const session = new ContinuitySession({ clock });
		const pair = new SecuredPair({ clock, left: [session.plugin()], right: [sessions.plugin()] });
		await pair.open();
		await settle();
		const again = JSON.stringify({ type: 'continuity_open', session: session.id, generation: 2 });
		const { pair: second } = await meet({ left: [scripted(again, '<')], right: [sessions.plugin()] });
		expect(verdict(second.right)).toBe('4402 CONTINUITY_REFUSED');
		expect(pair.right.state).toBe('ACTIVE');
	});

	test('with another secret', async () => {
		expect(verdict((await resumeWith((honest) => honest, { secret: 'wrong' })).second.right)).toBe('4401 CONTINUITY_REFUSED');
	});

	test('by somebody else who knows name and secret: as a session that does not exist', async () => {
		const { second, sessions } = await resumeWith((honest) => honest, { thief: 'stranger' });
		expect(second.fromRight).toEqual(['{"type":"continuity_lost"}']);
		expect(second.right.state).toBe('FAILED');
		expect(sessions.size).toBe(1);
	});

	test('where it is opened again instead', async () => {
		const { second, sessions } = await resumeWith((honest) => ({ ...honest, type: 'continuity_open' }));
		expect(verdict(second.right)).toBe('4402 CONTINUITY_REFUSED');
		expect([sessions.size, second.fromRight]).toEqual([1, []]);
	});

	test('with the generation of a connection that was, and the one that lives is left alone', async () => {
		const clock = new FakeClock();
		const sessions = new ContinuitySessions({ clock });
		const session = new ContinuitySession({ clock });
		const pairs: SecuredPair[] = [];
		for (let i = 0; i < 3; i++) {
			const pair = new SecuredPair({ clock, left: [session.plugin()], right: [sessions.plugin()] });
			await pair.open();
			pairs.push(pair);
		}
		const replayed = pairs[1]?.fromLeft[0] as string;
		const { pair: replay } = await meet({ left: [scripted(replayed, '<')], right: [sessions.plugin()] });
		expect(verdict(replay.right)).toBe('4401 CONTINUITY_REFUSED');
		expect(pairs[2]?.right.state).toBe('ACTIVE');
	});

	test('with an older generation that is honestly proved: of two connections at once the later one was quicker', async () => {
		const clock = new FakeClock();
		const sessions = new ContinuitySessions({ clock });
		const session = new ContinuitySession({ clock });
		const pair = (latencyMs: number) => new SecuredPair({ clock, latencyMs, left: [session.plugin()], right: [sessions.plugin()] });
		const first = pair(0);
		await first.open();
		const slow = pair(50);
		const opened = slow.open();
		await clock.run(10);
		const quick = pair(0);
		await quick.open();
		// What closes the slow one must not get there before its message.
		slow.ends[0].close = () => {};
		slow.ends[0].terminate = () => {};
		await clock.run(1_000);
		await opened;
		expect(verdict(slow.right)).toBe('4402 CONTINUITY_REFUSED');
		expect(quick.right.state).toBe('ACTIVE');
	});
});

describe('a dialling side', () => {
	test.each([
		['another message', '{"type":"continuity_resumed","received":0}', '4402 PROTOCOL_ORDER'],
		['bytes', new Uint8Array(3), '4400 MALFORMED_FRAME'],
	])('refuses %s for an answer', async (_, answer, expected) => {
		const { pair } = await meet({ left: [new ContinuitySession().plugin()], right: [scripted('<', answer)] });
		expect(verdict(pair.left)).toBe(expected);
	});

	test.each([
		['no proof', {}, '4400 MALFORMED_FRAME'],
		['a wrong proof', { proof: 'A'.repeat(43) }, '4401 CONTINUITY_REFUSED'],
		['no count', { received: 'many' }, '4400 MALFORMED_FRAME'],
	])('refuses to resume with %s, and the session lives on', async (_, change, expected) => {
		const clock = new FakeClock();
		const session = new ContinuitySession({ clock });
		const sessions = new ContinuitySessions({ clock });
		const first = new SecuredPair({ clock, left: [session.plugin()], right: [sessions.plugin()] });
		await first.open();
		first.cut();
		const answer = JSON.stringify({ type: 'continuity_resumed', received: 0, ...change });
		const { pair } = await meet({ left: [session.plugin()], right: [scripted('<', answer)] });
		expect(verdict(pair.left)).toBe(expected);
		expect(session.isAlive).toBe(true);
		const honest = new SecuredPair({ clock, left: [session.plugin()], right: [sessions.plugin()] });
		expect(await honest.open()).toEqual([null, null]);
	});

	test('does not resume with somebody else', async () => {
		const clock = new FakeClock();
		const session = new ContinuitySession({ clock });
		const first = new SecuredPair({ clock, left: [session.plugin()], right: [new ContinuitySessions({ clock }).plugin()] });
		await first.open();
		first.cut();
		const { pair } = await meet({ left: [session.plugin()], right: [scripted('<')], accepting: 'stranger' });
		expect(verdict(pair.left)).toBe('4401 CONTINUITY_REFUSED');
		expect(pair.left.closeInfo?.error?.message).toContain('with server, and stranger answered');
		expect(pair.fromLeft).toEqual([]);
	});
});

describe('on an open session', () => {
	const A0 = '\u0010Sa0';

	test.each([
		['an acknowledgement of what was never sent', [A0, '\u0010Sa1'], '4402 CONTINUITY_REFUSED'],
		['an acknowledgement that is no number', ['\u0010Sa'], '4400 MALFORMED_FRAME'],
		['an acknowledgement with a zero in front', ['\u0010Sa00'], '4400 MALFORMED_FRAME'],
		['an acknowledgement beyond all numbers', ['\u0010Sazzzzzzzzzzz'], '4400 MALFORMED_FRAME'],
		['an acknowledgement in bytes', [new TextEncoder().encode(A0)], '4400 MALFORMED_FRAME'],
		['an unknown kind', [A0, '\u0010Sx'], '4400 MALFORMED_FRAME'],
		['no kind', [A0, '\u0010S'], '4400 MALFORMED_FRAME'],
		['a message after the end', [A0, '\u0010Se0', 'more'], '4402 CONTINUITY_REFUSED'],
		['two ends', [A0, '\u0010Se0', '\u0010Se0'], '4402 CONTINUITY_REFUSED'],
		['a handshake frame after the handshakes', [A0, '\u0010Suhello'], '4402 CONTINUITY_REFUSED'],
	] as [string, Payload[], string][])('%s ends the connection', async (_, frames, expected) => {
		const { pair } = await meet({ left: [scripted(OPEN, '<', ...frames, '<')], right: [new ContinuitySessions().plugin()] });
		expect(verdict(pair.right)).toBe(expected);
	});

	test('an acknowledgement taken back ends it', async () => {
		const sessions = new ContinuitySessions();
		const { pair, clock } = await meet({ left: [scripted(OPEN, '<', A0)], right: [sessions.plugin()] });
		pair.right.send('1');
		pair.right.send('2');
		pair.left.send('\u0010Sa2');
		await settle();
		expect(pair.right.state).toBe('ACTIVE');
		pair.left.send('\u0010Sa1');
		await settle();
		expect(verdict(pair.right)).toBe('4402 CONTINUITY_REFUSED');
		await clock.run(10_000);
	});

	test('a peer that floods before this side is ACTIVE is stopped', async () => {
		for (const flood of [Array(70).fill(''), ['x'.repeat(70_000)]]) {
			const slow: Plugin = { name: 'slow', handshake: (wire) => wire.read().then(() => {}) };
			const { pair } = await meet({ left: [scripted(OPEN, '<', A0, ...flood, '<', '<')], right: [new ContinuitySessions().plugin(), slow] });
			expect(verdict(pair.right)).toBe('4402 CONTINUITY_REFUSED');
		}
	});

	test('a peer that never acknowledges fills a bounded buffer and nothing else', async () => {
		const sessions = new ContinuitySessions({ maxBufferedBytes: 1024 * 1024 });
		const { pair } = await meet({ left: [scripted(OPEN, '<', A0)], right: [sessions.plugin()] });
		expect(() => {
			for (;;) pair.right.send('x'.repeat(1_000));
		}).toThrow(expect.objectContaining({ code: 'SEND_QUEUE_FULL' }));
		expect(pair.right.state).toBe('ACTIVE');
	});

	test('a peer that sends without reading gets one acknowledgement when it reads, not a queue of them', async () => {
		const sessions = new ContinuitySessions();
		const { pair } = await meet({ left: [scripted(OPEN, '<', A0)], right: [sessions.plugin()], highWaterBytes: 0 });
		pair.ends[0].pause();
		const before = pair.fromRight.length;
		for (let i = 0; i < 10_000; i++) pair.left.send('x');
		await settle(30_000);
		expect(pair.fromRight.length - before).toBeLessThanOrEqual(1);
		pair.ends[0].resume();
		await settle();
		expect(pair.fromRight.at(-1)).toBe(`\u0010Sa${(10_000).toString(36)}`);
	});
});

describe('the registry is bounded', () => {
	test('per identity: what has been without a connection for longest gives way, and says so', async () => {
		const clock = new FakeClock();
		const sessions = new ContinuitySessions({ clock, maxSessionsPerPeer: 2 });
		const lost: string[] = [];
		sessions.onSession.on((session) => session.onLost.on(({ error }) => lost.push(`${session.id} ${error.message}`)));
		const begin = async (dialling: Person = 'client') => {
			const session = new ContinuitySession({ clock });
			const pair = new SecuredPair({ clock, left: [session.plugin()], right: [sessions.plugin()], dialling });
			return { session, pair, codes: await pair.open() };
		};
		const [a, b] = [await begin(), await begin()];
		expect((await begin()).codes[1]).toBe('CONTINUITY_FULL');
		expect((await begin('stranger')).codes).toEqual([null, null]);
		b.pair.cut();
		await clock.run(10);
		a.pair.cut();
		await clock.run(10);
		expect((await begin()).codes).toEqual([null, null]);
		expect(lost).toEqual([expect.stringContaining(`${b.session.id} continuity: it gave way`)]);
		expect(sessions.size).toBe(3);
	});

	test('in all: who has the most sessions gives way, not who was idle for longest', async () => {
		const clock = new FakeClock();
		const sessions = new ContinuitySessions({ clock, maxSessions: 4 });
		const idle = async (dialling: Person): Promise<ContinuitySession> => {
			const session = new ContinuitySession({ clock });
			const pair = new SecuredPair({ clock, left: [session.plugin()], right: [sessions.plugin()], dialling });
			expect(await pair.open()).toEqual([null, null]);
			pair.cut();
			await clock.run(10);
			return session;
		};
		const victim = await idle('client');
		const crowd: ContinuitySession[] = [];
		for (let i = 0; i < 6; i++) crowd.push(await idle('stranger'));
		expect(sessions.list().map(({ id }) => id)).toEqual([victim, ...crowd.slice(-3)].map(({ id }) => id));
	});

	test('in all: 4413 where everybody has a connection', async () => {
		const sessions = new ContinuitySessions({ maxSessions: 1 });
		const plugins = () => ({ left: [new ContinuitySession().plugin()], right: [sessions.plugin()] });
		const first = await meet(plugins());
		expect(first.pair.right.state).toBe('ACTIVE');
		const second = await meet({ ...plugins(), dialling: 'stranger' });
		expect(verdict(second.pair.right)).toBe('4413 CONTINUITY_FULL');
	});
});

test('keys show neither in JSON nor in the console', async () => {
	const session = new ContinuitySession();
	const sessions = new ContinuitySessions();
	const { pair } = await meet({ left: [session.plugin()], right: [sessions.plugin()] });
	for (const shown of [session, sessions, pair.left.plugin('continuity')]) {
		expect(`${JSON.stringify(shown)}${inspect(shown, { depth: 9, showHidden: true })}`).not.toMatch(/secret|Uint8Array/);
	}
});
