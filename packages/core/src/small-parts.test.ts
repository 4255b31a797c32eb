import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { systemClock } from './clock.js';
import { refusedBy } from './close-info.js';
import { Emitter } from './emitter.js';
import { ConnectionError, closeCodeFor, closeReasonFor } from './errors.js';
import { integerOption, numberOption } from './options.js';
import { byteLength } from './payload.js';
import { type ConnectionState, canTransition } from './state.js';
import { FakeClock } from './testing/fake-clock.js';
import { truncateCloseReason } from './transport.js';

describe('close reasons', () => {
	test('are cut to 123 bytes at a character boundary', () => {
		const cut = truncateCloseReason('😀'.repeat(125));
		expect(cut).toBe('😀'.repeat(30));
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (reason) => {
				const short = truncateCloseReason(reason);
				expect(new TextEncoder().encode(short).length).toBeLessThanOrEqual(123);
				expect(reason.startsWith(short)).toBe(true);
			}),
		);
	});
});

describe('byteLength', () => {
	test('is the UTF-8 size, also where the platform has no Buffer', async () => {
		fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => byteLength(text) === new TextEncoder().encode(text).length));
		expect(byteLength(new Uint8Array(9).subarray(2, 5))).toBe(3);
	});
});

describe('options', () => {
	test.each([Number.NaN, -1, 101, '5', null])('%s is refused, naming the option', (value) => {
		expect(() => numberOption('timeoutMs', value, 1, 0, 100)).toThrow(/^timeoutMs must be a number from 0 to 100, got /);
		expect(() => numberOption('timeoutMs', value, 1, 0, 100)).toThrow(RangeError);
	});

	test('whole numbers are whole', () => {
		expect(() => integerOption('count', 1.5, 1)).toThrow('count must be a whole number');
		expect(integerOption('count', undefined, 7)).toBe(7);
	});
});

describe('the transition table', () => {
	const states: ConnectionState[] = [
		'INITIALIZING',
		'CONNECTING',
		'CONNECTED',
		'AUTHENTICATING',
		'AUTHENTICATED',
		'ENCRYPTING',
		'ENCRYPTED',
		'PAIRING',
		'PAIRED',
		'ACTIVE',
		'CLOSING',
		'CLOSED',
		'FAILED',
	];

	test('allows exactly these', () => {
		const table = states.map((from) => `${from}: ${states.filter((to) => canTransition(from, to)).join(' ')}`);
		expect(table).toEqual([
			'INITIALIZING: CONNECTING CLOSING CLOSED FAILED',
			'CONNECTING: CONNECTED CLOSING CLOSED FAILED',
			'CONNECTED: AUTHENTICATING ENCRYPTING PAIRING ACTIVE CLOSING CLOSED FAILED',
			'AUTHENTICATING: AUTHENTICATED CLOSING CLOSED FAILED',
			'AUTHENTICATED: ENCRYPTING PAIRING ACTIVE CLOSING CLOSED FAILED',
			'ENCRYPTING: ENCRYPTED CLOSING CLOSED FAILED',
			'ENCRYPTED: PAIRING ACTIVE CLOSING CLOSED FAILED',
			'PAIRING: PAIRED CLOSING CLOSED FAILED',
			'PAIRED: ACTIVE CLOSING CLOSED FAILED',
			'ACTIVE: CLOSING CLOSED FAILED',
			'CLOSING: CLOSED FAILED',
			'CLOSED: ',
			'FAILED: ',
		]);
	});
});

describe('an emitter', () => {
	test('keeps its list steady while an event is on its way', () => {
		const emitter = new Emitter<number>();
		const got: string[] = [];
		const offB = { off: () => {} };
		emitter.on(() => {
			offB.off();
			emitter.on(() => got.push('c'));
		});
		offB.off = emitter.on(() => got.push('b'));
		emitter.emit(1);
		expect(got).toEqual(['b']);
		emitter.emit(2);
		expect(got).toEqual(['b', 'c']);
	});

	test('once is once, also when it emits again inside', () => {
		const emitter = new Emitter<number>();
		const got: number[] = [];
		emitter.once((value) => {
			got.push(value);
			emitter.emit(2);
		});
		emitter.emit(1);
		expect(got).toEqual([1]);
	});
});

describe('clocks', () => {
	test('the fake one runs timers in order and can sleep through them', () => {
		const clock = new FakeClock();
		const got: string[] = [];
		clock.after(20, () => got.push('b'));
		clock.after(10, () => {
			got.push('a');
			clock.after(5, () => got.push('a2'));
		});
		clock.after(30, () => got.push('never'))();
		clock.advance(20);
		expect(got).toEqual(['a', 'a2', 'b']);
		clock.after(1000, () => got.push(`late at ${clock.now()}`));
		clock.suspend(3600_000);
		expect(got.at(-1)).toBe('late at 3600020');
		expect(clock.pending).toBe(0);
	});

	test('the real one keeps out of timers that the application replaces later', () => {
		vi.useFakeTimers();
		try {
			const cancel = systemClock.after(1000, () => {});
			expect(vi.getTimerCount()).toBe(0);
			cancel();
		} finally {
			vi.useRealTimers();
		}
	});

	test('the real one takes delays longer than setTimeout can', async () => {
		let fired = false;
		const cancel = systemClock.after(2 ** 40, () => {
			fired = true;
		});
		await new Promise((resolve) => systemClock.after(5, () => resolve(null), { keepAlive: true }));
		cancel();
		expect(fired).toBe(false);
	});
});

describe('what the peer is told of an error', () => {
	test('code and reason follow from its stable code; an error may name its own', () => {
		const peerGone = Object.assign(new ConnectionError('HEARTBEAT_TIMEOUT', 'no sign of life'), { closeCode: 1000, closeReason: 'Terminate called.' });
		expect([closeCodeFor(peerGone), closeReasonFor(peerGone)]).toEqual([1000, 'Terminate called.']);
		const unproven = new ConnectionError('AUTH_FAILED', 'a detail nobody else should read');
		expect([closeCodeFor(unproven), closeReasonFor(unproven)]).toEqual([4401, 'AUTH_FAILED']);
		expect([closeCodeFor(new Error('a detail')), closeReasonFor(new Error('a detail'))]).toEqual([4500, 'internal error']);
	});
});

describe('what a refusal says', () => {
	const said = (code: number, reason: string) => refusedBy({ code, reason, wasClean: true, initiatedBy: 'remote' }).message;

	test('a code that the protocol knows comes first', () => {
		expect(said(4401, 'NO_COMMON_SUITE')).toBe('auth: the peer refused: NO_COMMON_SUITE (4401 "NO_COMMON_SUITE", remote)');
		expect(said(4410, 'PAIRING_REQUIRED')).toBe('pairing: the peer refused: PAIRING_REQUIRED; ask it for a new invite (4410 "PAIRING_REQUIRED", remote)');
	});

	test('other words of a peer are only quoted', () => {
		expect(said(4401, 'MY\nCODE')).toBe('auth: the peer refused this identity, or could not prove its own (4401 "MY\\nCODE", remote)');
		expect(said(4410, 'toString')).toBe('pairing: the peer refused; ask it for a new invite (4410 "toString", remote)');
	});
});
