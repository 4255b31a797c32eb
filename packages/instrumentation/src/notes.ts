import type { Note } from '@linkscope/core';
import type { ConnectionRecord } from './record.js';
import type { Registry } from './registry.js';
import { finite, Samples } from './samples.js';
import { clean } from './text.js';

const MAX_TAGS = 16;
/** UTF-16 units of names and values, of one connection: 10,000 connections must not hold tens of megabytes. */
const MAX_TAG_CHARS = 1024;
const LONGEST_NAME = 40;
const OUTCOMES: ReadonlySet<string> = new Set(['ok', 'failed', 'aborted']);

/** What a plugin or a connection said about itself, folded into its record. */
export function foldNote(registry: Registry, record: ConnectionRecord, note: Note, at: number): void {
	switch (note.kind) {
		case 'latency':
			return latency(registry, record, note.rttMs);
		case 'stage':
			registry.stage(record, note.name, note.startedAt, note.durationMs, note.messages, OUTCOMES.has(note.outcome) ? note.outcome : 'failed');
			return registry.tell(record, 'stage', at, clean(`${note.name} ${note.outcome}`, LONGEST_NAME));
		case 'security':
			if (note.peer !== undefined) record.peer = registry.clean(note.peer, 100);
			return registry.tell(
				record,
				clean(`${note.stage} ${note.outcome}`, LONGEST_NAME),
				at,
				registry.clean([note.peer, note.code].filter(Boolean).join(' '), 100),
				'security',
			);
		case 'peer':
			record.peer = registry.clean(note.fingerprint, 100);
			return registry.tell(record, 'peer', at, record.peer, 'security');
		case 'network':
			registry.online = note.online;
			return registry.tell(record, note.online ? 'online' : 'offline', at, clean(note.connectionType ?? '', LONGEST_NAME), 'network');
		case 'suspended':
			record.suspendedAt = at;
			return registry.tell(record, 'suspended', at, `${Math.round(finite(note.driftMs))} ms`, 'network');
		case 'path': {
			const { candidatesTried, upgradedFrom } = note;
			record.path = {
				kind: clean(note.path, LONGEST_NAME),
				candidatesTried: finite(candidatesTried),
				upgradedFrom: upgradedFrom === null ? null : clean(upgradedFrom, LONGEST_NAME),
			};
			if (upgradedFrom !== null) record.totals.counts.upgrades++;
			return registry.tell(record, 'path', at, record.path.kind, 'network');
		}
		case 'plugin': {
			const text = registry.clean(note.text);
			const name = clean(note.name, LONGEST_NAME);
			const plugin = record.plugins?.find((one) => one.name === name);
			if (plugin) plugin.note = text;
			return registry.tell(record, name, at, text, 'plugin');
		}
		case 'tags':
			return foldTags(record, note.label, note.tags);
		case 'listeners':
			record.listeners = { on: clean(note.on, LONGEST_NAME), count: finite(note.count) };
			return registry.tell(record, 'listeners', at, `${record.listeners.count} on ${record.listeners.on}`);
	}
}

/** A later tag goes over an earlier one of its name. */
export function foldTags(record: ConnectionRecord, label: string | undefined, tags: Readonly<Record<string, string>> | undefined): void {
	if (label !== undefined) record.label = clean(label, 60);
	if (!tags) return;
	const given = Object.entries(tags).map(([key, value]) => [clean(key, LONGEST_NAME), clean(value, 100)] as const);
	const all = new Map([...Object.entries(record.tags ?? {}), ...given]);
	let chars = 0;
	const kept = [...all].slice(0, MAX_TAGS).filter(([key, value]) => {
		chars += key.length + value.length;
		return chars <= MAX_TAG_CHARS;
	});
	// fromEntries, because a key may be '__proto__'.
	record.tags = Object.fromEntries(kept);
}

function latency(registry: Registry, record: ConnectionRecord, rttMs: number): void {
	if (!(rttMs >= 0 && rttMs < Number.POSITIVE_INFINITY)) return;
	record.latency ??= new Samples(32);
	record.totals.latency ??= new Samples(256);
	for (const samples of [record.latency, record.totals.latency, registry.latency]) samples.add(rttMs);
}
