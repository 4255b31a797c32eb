import { type ConnectionState, Emitter } from '@linkscope/core';
import { describe, expect, it } from 'vitest';
import type { LinkState } from '../link/link-state.js';
import { ConnectionStates } from './connection-states.js';
import { FeatureSwitches } from './feature-switches.js';
import { linkStatus } from './link-status.js';

class FakeSource {
	readonly onChange = new Emitter<void>();
	isAvailable = false;
	snapshot: object = { state: 'connecting' };

	set(isAvailable: boolean): void {
		this.isAvailable = isAvailable;
		this.snapshot = { state: isAvailable ? 'connected' : 'error' };
		this.onChange.emit();
	}
}

describe('the states of all connections', () => {
	it('are by node and component, and tell which node changed', () => {
		const states = new ConnectionStates();
		const told: string[] = [];
		states.onChange.on((node) => told.push(node));
		const [log, api] = [new FakeSource(), new FakeSource()];
		states.add('node1', 'log_reader', log);
		const remove = states.add('node1', 'api_client', api);
		log.set(true);
		expect(states.states).toEqual({ node1: { log_reader: { state: 'connected' }, api_client: { state: 'connecting' } } });
		remove();
		remove();
		api.set(true);
		expect(states.states).toEqual({ node1: { log_reader: { state: 'connected' } } });
		expect(told).toEqual(['node1', 'node1', 'node1', 'node1']);
	});

	it('forget a node without components, and take the same name again', () => {
		const states = new ConnectionStates();
		const remove = states.add('node1', 'link', new FakeSource());
		remove();
		expect(states.states).toEqual({});
		states.add('node1', 'link', new FakeSource());
		remove();
		expect(Object.keys(states.states)).toEqual(['node1']);
		expect(() => states.add('node1', 'link', new FakeSource())).toThrow(TypeError);
	});

	it('take any name for a node', () => {
		const states = new ConnectionStates();
		for (const name of ['__proto__', 'constructor', '']) states.add(name, '__proto__', new FakeSource());
		expect(JSON.parse(JSON.stringify(states.states), (key, value) => (key === '__proto__' ? { seen: value } : value))).toBeTruthy();
		expect(Object.keys(states.states)).toEqual(['__proto__', 'constructor', '']);
		expect(JSON.stringify(states.states)).toContain('"__proto__":{"__proto__":{"state":"connecting"}}');
	});
});

describe('feature switches', () => {
	it('are on while all that a feature needs is available', () => {
		const [log, api] = [new FakeSource(), new FakeSource()];
		const features = new FeatureSwitches({ live: [log], both: [log, api], plain: [] });
		const told: string[] = [];
		features.onChange.on(({ feature, enabled }) => told.push(`${feature} ${enabled}`));
		expect(features.enabled).toEqual(['plain']);
		log.set(true);
		log.set(true);
		api.set(true);
		expect(features.enabled).toEqual(['live', 'both', 'plain']);
		api.set(false);
		expect([features.isEnabled('live'), features.isEnabled('both')]).toEqual([true, false]);
		features.stop();
		log.set(false);
		expect(told).toEqual(['live true', 'both true', 'both false']);
		expect([log.onChange.count, api.onChange.count]).toEqual([0, 0]);
		expect(() => features.isEnabled('none')).toThrow(RangeError);
	});
});

describe('a reconnecting link among endpoints', () => {
	it.each<[LinkState, string]>([
		['DISCONNECTED', 'disconnected'],
		['CONNECTING', 'connecting'],
		['CONNECTED', 'connected'],
		['RECONNECTING', 'connecting'],
		['TX_DROPPED', 'error'],
		['FAILED', 'error'],
		['STOPPED', 'stopped'],
	])('shows %s as %s', (state, shown) => {
		const link = { state, onState: new Emitter<ConnectionState>(), status: { retries: 2, lastError: new Error('gone\n') } };
		const status = linkStatus(link);
		expect(status.snapshot).toEqual({ state: shown, reconnect_attempts: 2, last_error: 'gone\\u{a}' });
		expect(status.isAvailable).toBe(state === 'CONNECTED');
	});
});
