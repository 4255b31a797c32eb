import { inspect } from 'node:util';
import { hub, type Plugin } from '@linkscope/core';
import { settle } from '@linkscope/core/testing';
import { createIdentity, type Primitives } from '@linkscope/crypto';
import { expect, onTestFinished, test } from 'vitest';
import { AuthenticationPlugin } from './authentication.js';
import { EncryptionPlugin } from './encryption.js';
import { primitives, securePair } from './fixtures/pair.js';

/** The backend, which remembers every secret that goes through it: [a copy, the array itself]. */
function remembering(secrets: [Uint8Array, Uint8Array][]): Primitives {
	const remember = (secret: Uint8Array): void => void secrets.push([secret.slice(), secret]);
	return {
		...primitives,
		aead(name, key) {
			remember(key);
			return primitives.aead(name, key);
		},
		x25519: {
			...primitives.x25519,
			generate() {
				const pair = primitives.x25519.generate();
				remember(pair.secretKey);
				return pair;
			},
			shared(secretKey, publicKey) {
				const shared = primitives.x25519.shared(secretKey, publicKey);
				remember(shared);
				return shared;
			},
		},
	};
}

const told = (bytes: Uint8Array) => {
	const buffer = Buffer.from(bytes);
	return [buffer.toString('hex'), buffer.toString('base64'), buffer.toString('base64url'), buffer.toString('latin1'), bytes.join(), bytes.join(', ')];
};

test('no secret is told: not in events, frames, errors, nor by inspecting or printing what an application holds; and at the end none is left', async () => {
	const secrets: [Uint8Array, Uint8Array][] = [];
	const backend = remembering(secrets);
	const seeds = [1, 2].map((fill) => new Uint8Array(32).map((_, i) => i * 7 + fill));
	const [left, right] = seeds.map((seed) => createIdentity(primitives, seed)) as [ReturnType<typeof createIdentity>, ReturnType<typeof createIdentity>];
	const events: unknown[] = [];
	onTestFinished(hub.subscribe((event) => events.push(event)));
	const exported: Uint8Array[] = [];
	const above = (): Plugin => ({
		name: 'above',
		handshake: async (wire) => void exported.push((wire.secure as NonNullable<typeof wire.secure>).exportSecret('x')),
	});
	const chain = (identity: typeof left): Plugin[] => [
		new AuthenticationPlugin({ identity, primitives: backend }),
		new EncryptionPlugin({ primitives: backend }),
		above(),
	];
	const chains = [chain(left), chain(right)] as const;
	const pair = securePair(...chains);
	await pair.open();
	pair.left.send('plaintext-of-mine');
	await settle();
	expect(pair.atRight).toEqual(['plaintext-of-mine']);
	const failing = securePair(chain(left), [new AuthenticationPlugin({ identity: right, authorize: () => 'refused' })]);
	await failing.open();
	const everything = [
		pair.left,
		pair.right,
		...chains.flat(),
		failing.left,
		failing.right,
		left,
		right,
		events,
		pair.sentLeft.filter(isText),
		pair.sentRight.filter(isText),
	];
	const text = everything.map((thing) => inspect(thing, { depth: 12, showHidden: true, maxArrayLength: null }) + json(thing)).join('\n');
	pair.ends[0].send('broken');
	await settle();
	const errors = [pair.right, failing.right].map((end) => inspect(end.closeInfo?.error, { depth: 12, showHidden: true }));
	const all = [...secrets.map(([copy]) => copy), ...seeds, ...exported];
	expect(all.length).toBeGreaterThan(16);
	for (const secret of all) for (const form of told(secret)) expect(`${text}\n${errors.join('\n')}`.includes(form)).toBe(false);
	expect(text).not.toContain('plaintext-of-mine');
	expect(text).toContain(left.fingerprint);
	await settle(100);
	expect([pair.left.state, failing.left.state]).toEqual(['FAILED', 'FAILED']);
	const kept = secrets.filter(([, live]) => live.some((byte) => byte !== 0));
	expect(kept.map(([copy]) => secrets.findIndex(([other]) => other === copy))).toEqual([]);
});

function isText(frame: unknown): boolean {
	return typeof frame === 'string';
}

function json(thing: unknown): string {
	try {
		return JSON.stringify(thing) ?? '';
	} catch {
		return ''; // circular
	}
}
