import { describe, expect, it } from 'vitest';
import { snapshots } from '../test-snapshots.js';
import { bytes, count, duration, percent } from './format.js';
import { listConnections, throughputOf, toneOf, verdictOf } from './selectors.js';

const close = {
	code: 1000,
	reason: 'New connection',
	wasClean: true,
	initiatedBy: 'remote',
	verdict: { word: 'replaced', confidence: 1, evidence: '' },
} as const;

describe('selectors', () => {
	it('find connections by id, address, label, purpose, verdict and reason, in any case', () => {
		const [plain, rich] = [...snapshots(1, { id: 'a', url: 'ws://host' }), ...snapshots(1, { id: 'b', label: 'Chat', purpose: 'data', close })];
		const found = (text: string): string[] => listConnections([plain as never, rich as never], { text, state: 'all' }).map(({ id }) => id);
		expect([found('host'), found('CHAT'), found(' data '), found('replaced'), found('new conn')]).toEqual([['a'], ['b'], ['b'], ['b'], ['b']]);
		expect(found('')).toEqual(['b', 'a']);
	});

	it('say in a word how a connection is', () => {
		const [fine, ended, failed, troubled] = [{}, { state: 'CLOSED', close }, { state: 'FAILED', close: { ...close, wasClean: false } }, { errors: 1 }].map(
			(more) => snapshots(1, more as never)[0],
		);
		expect([fine, ended, failed, troubled].map((one) => toneOf(one as never))).toEqual(['good', 'neutral', 'bad', 'bad']);
		expect([fine, ended, troubled].map((one) => verdictOf(one as never))).toEqual(['', 'replaced', '1 error']);
	});

	it('count a connection on its way as neither open nor ended', () => {
		const pending = snapshots(1, { state: 'CONNECTING' });
		expect([toneOf(pending[0] as never), verdictOf(pending[0] as never)]).toEqual(['pending', 'connecting']);
		expect((['all', 'open', 'ended'] as const).map((state) => listConnections(pending, { text: '', state }).length)).toEqual([1, 0, 0]);
	});

	it.each([
		['normal', 'neutral'],
		['replaced', 'neutral'],
		['server-shutdown', 'neutral'],
		['auth-refused', 'bad'],
		['rate-limited', 'bad'],
		['connection-lost', 'bad'],
	] as const)('mark an end that nobody wanted, however clean: %s is %s', (word, tone) => {
		const [one] = snapshots(1, { state: 'CLOSED', close: { ...close, verdict: { ...close.verdict, word } } });
		expect(toneOf(one as never)).toBe(tone);
	});

	it('plot the last samples', () => {
		const samples = Array.from({ length: 5 }, (_, index) => ({ at: String(index), bytesPerSecond: index }) as never);
		expect(throughputOf(samples, 2)).toEqual([
			{ at: '3', value: 3 },
			{ at: '4', value: 4 },
		]);
	});
});

describe('format', () => {
	it('is short and in units', () => {
		expect([bytes(0), bytes(999), bytes(1000), bytes(81_234), bytes(123_456), bytes(5e12)]).toEqual(['0 B', '999 B', '1.0 kB', '81.2 kB', '123 kB', '5.0 TB']);
		expect([duration(null), duration(0.42), duration(12), duration(1234), duration(125_000), duration(7.5e6)]).toEqual([
			'–',
			'0.4 ms',
			'12 ms',
			'1.2 s',
			'2 min',
			'2 h 5 min',
		]);
		expect([count(10_000), count(1, 'message'), count(2, 'message'), percent(0.875), percent(1)]).toEqual([
			'10,000',
			'1 message',
			'2 messages',
			'87.5 %',
			'100 %',
		]);
	});
});
