import type { Payload, Plugin } from '@linkscope/core';
import { settle } from '@linkscope/core/testing';
import { boxKeyPair, seal } from '@linkscope/crypto/nacl';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { face, frameOf, initiateRaw, READY, request } from './fixtures/hostile.js';
import { OneSessionPlugin } from './session.js';

const [alice, bob] = [boxKeyPair(), boxKeyPair()];
const initiating = (): Plugin[] => [new OneSessionPlugin({ keys: alice, peer: bob.publicKey })];
const accepting = (): Plugin[] => [new OneSessionPlugin({ keys: bob })];

describe('a hostile peer', () => {
	test('keys of small order end the handshake: WEAK_KEY, 4401', async () => {
		const zero = new Uint8Array(32);
		const asStatic = await face(accepting(), false);
		await asStatic.send(request(zero, bob.publicKey), new Uint8Array(72));
		const asEphemeral = await face(accepting(), false);
		await asEphemeral.send(request(alice.publicKey, bob.publicKey), seal(zero, bob.publicKey, alice.secretKey));
		const fromAcceptor = await face(initiating(), true);
		await fromAcceptor.send(READY, seal(zero, alice.publicKey, bob.secretKey));
		for (const faced of [asStatic, asEphemeral, fromAcceptor]) expect(faced.ours.closeInfo).toMatchObject({ code: 4401, error: { code: 'WEAK_KEY' } });
	});

	test.each<[string, string, Payload]>([
		['bytes for a request', 'PROTOCOL_ORDER', new Uint8Array(3)],
		['another command', 'PROTOCOL_ORDER', '{"command":"register","publicKey":"00"}'],
		['no JSON', 'MALFORMED_FRAME', 'hello'],
		['a list', 'MALFORMED_FRAME', '[]'],
		['no command', 'MALFORMED_FRAME', '{}'],
		['a key twice', 'MALFORMED_FRAME', `{"command":"register",${request(alice.publicKey, bob.publicKey).slice(1)}`],
		['a key twice inside', 'MALFORMED_FRAME', `${request(alice.publicKey, bob.publicKey).slice(0, -1)},"obj":{"a":1,"a":2}}`],
		['__proto__', 'MALFORMED_FRAME', `{"__proto__":{"polluted":true},${request(alice.publicKey, bob.publicKey).slice(1)}`],
		['deep nesting', 'MALFORMED_FRAME', `{"command":"communication_request","a":${'['.repeat(2_000)}${']'.repeat(2_000)}}`],
		['a megabyte', 'MALFORMED_FRAME', `{"command":"${'x'.repeat(200_000)}"}`],
		['a short key', 'MALFORMED_FRAME', request(new Uint8Array(31), bob.publicKey)],
		['a key that is not hex', 'MALFORMED_FRAME', request(alice.publicKey, bob.publicKey).replace(/[0-9a-f]"/, 'g"')],
	])('%s at the beginning: %s', async (_, code, frame) => {
		const faced = await face(accepting(), false);
		await faced.send(frame);
		expect(faced.outcome).toBe(code);
		expect(faced.ours.closeInfo?.code).toBe(code === 'PROTOCOL_ORDER' ? 4402 : 4400);
		expect(faced.wire).toEqual([]);
		expect({}).not.toHaveProperty('polluted');
	});

	test.each([0, 71, 73, 5_000])('a sealed key of %i bytes: MALFORMED_FRAME', async (length) => {
		const faced = await face(accepting(), false);
		await faced.send(request(alice.publicKey, bob.publicKey), new Uint8Array(length));
		expect(faced.outcome).toBe('MALFORMED_FRAME');
	});

	test('every sequence of three frames outside the model is refused, in both roles, and never up', async () => {
		const alphabet: Payload[] = [
			READY,
			request(alice.publicKey, bob.publicKey),
			request(bob.publicKey, alice.publicKey),
			'{"command":"connection_handover"}',
			'{"command":"sync"}',
			'keepalive',
			new Uint8Array(72),
			new Uint8Array(0),
			new Uint8Array(300),
		];
		for (const plugins of [initiating, accepting]) {
			for (const first of alphabet) {
				for (const second of alphabet) {
					for (const third of alphabet) {
						const faced = await face(plugins(), plugins === initiating);
						await faced.send(first);
						// What is closed takes no more.
						if (faced.outcome === null) await faced.send(second);
						if (faced.outcome === null) await faced.send(third);
						expect(['AUTH_FAILED', 'PROTOCOL_ORDER', 'MALFORMED_FRAME', 'PEER_MISMATCH']).toContain(faced.outcome);
						expect(faced.received).toEqual([]);
					}
				}
			}
		}
	});

	test('silence at any step ends it when the time is up: 4408', async () => {
		const steps: [() => Plugin[], Payload[]][] = [
			[initiating, []],
			[initiating, [READY]],
			[initiating, [READY, seal(boxKeyPair().publicKey, alice.publicKey, bob.secretKey)]],
			[accepting, []],
			[accepting, [request(alice.publicKey, bob.publicKey)]],
			[accepting, [request(alice.publicKey, bob.publicKey), seal(boxKeyPair().publicKey, bob.publicKey, alice.secretKey)]],
		];
		for (const [plugins, frames] of steps) {
			const faced = await face(plugins(), plugins === initiating);
			await faced.send(...frames);
			await faced.clock.run(9_999);
			expect(faced.outcome).toBe(null);
			await faced.clock.run(1);
			expect(faced.outcome).toBe('HANDSHAKE_TIMEOUT');
			expect(faced.ours.closeInfo?.code).toBe(4408);
		}
	});

	test.each<[string, string, (good: Uint8Array, next: Uint8Array, ours: Uint8Array) => Payload[]]>([
		['text', 'PROTOCOL_ORDER', () => ['plain']],
		['a frame twice', 'DECRYPT_FAILED', (good) => [good, good]],
		['two frames in the wrong order', 'DECRYPT_FAILED', (good, next) => [next, good]],
		['our own frame sent back', 'DECRYPT_FAILED', (_good, _next, ours) => [ours]],
		['a changed byte', 'DECRYPT_FAILED', (good) => [good.map((byte, i) => (i === 20 ? byte ^ 1 : byte))]],
		['a frame cut short', 'DECRYPT_FAILED', (good) => [good.subarray(0, -1)]],
		['an empty frame', 'DECRYPT_FAILED', () => [new Uint8Array(0)]],
		['a megabyte of noise', 'DECRYPT_FAILED', () => [new Uint8Array(2 ** 20).fill(9)]],
	])('%s on an open channel: %s', async (_, code, make) => {
		const faced = await face(accepting(), false);
		const channel = await initiateRaw(faced, alice, bob.publicKey);
		await faced.send(frameOf(channel, 'first'));
		faced.ours.send('from us');
		await settle();
		await faced.send(...make(frameOf(channel, 'good'), frameOf(channel, 'next'), faced.wire.at(-1) as Uint8Array));
		expect(faced.ours.closeInfo).toMatchObject({ code: code === 'PROTOCOL_ORDER' ? 4402 : 4430, error: { code } });
		expect(faced.received.filter((message) => message !== 'first' && message !== 'good')).toEqual([]);
	});

	test('well-sealed nonsense is a message or MALFORMED_FRAME', async () => {
		await fc.assert(
			fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (plain) => {
				const faced = await face(accepting(), false);
				const channel = await initiateRaw(faced, alice, bob.publicKey);
				await faced.send(frameOf(channel, 'first'));
				await faced.send(channel.seal(plain));
				if (faced.received.length === 1) expect(faced.ours.closeInfo).toMatchObject({ code: 4400, error: { code: 'MALFORMED_FRAME' } });
				else expect(faced.ours.state).toBe('ACTIVE');
				faced.ours.terminate();
			}),
			{ numRuns: 60 },
		);
	});
});
