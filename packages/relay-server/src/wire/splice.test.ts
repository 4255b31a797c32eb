import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closing, MiB, messages, splicedClients, TinyRelay } from './relay-pair.fixture.js';

let relay: TinyRelay;
beforeEach(async () => {
	relay = await TinyRelay.listen();
});
afterEach(() => relay.close());

describe('splice', () => {
	it('passes messages of all sizes on as they are, text and bytes apart, both ways', async () => {
		const { dialler, listener } = await splicedClients(relay);
		const payloads = [0, 1, 125, 126, 127, 65_535, 65_536, 2 * MiB].map((size) => randomBytes(size));
		for (const [from, to] of [
			[dialler, listener],
			[listener, dialler],
		] as const) {
			const arriving = messages(to, payloads.length * 2);
			for (const payload of payloads) {
				from.send(payload);
				from.send(payload.toString('hex').slice(0, payload.length));
			}
			const got = await arriving;
			expect(got.map(({ isBinary }) => isBinary)).toEqual(payloads.flatMap(() => [true, false]));
			expect(got.every(({ data, isBinary }, i) => isBinary === (i % 2 === 0) && data.length === (payloads[i >> 1] as Buffer).length)).toBe(true);
			expect(payloads.every((payload, i) => payload.equals(got[i * 2]?.data as Buffer))).toBe(true);
		}
	});

	it('ends the other side with the same code and reason, and lets go of both', async () => {
		const { dialler, listener, ended, closed } = await splicedClients(relay);
		const bothClosed = Promise.all([closing(dialler), closing(listener)]);
		dialler.close(4321, 'enough');
		expect(await bothClosed).toEqual([
			{ code: 4321, reason: 'enough' },
			{ code: 4321, reason: 'enough' },
		]);
		expect(await ended).toEqual({ code: 4321, reason: 'enough', cause: 'closed', by: 'dialler' });
		await closed;
	});
});
