import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Emitter } from '@linkscope/core';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { soon } from '../endpoints/fixtures/soon.js';
import { StatusBroadcaster } from './status-broadcaster.js';

test('a page that reads nothing costs two frames, while another is told every change, and both are told the last', async () => {
	const source = { states: {}, onChange: new Emitter<void>() };
	const broadcaster = new StatusBroadcaster(source, { minGapMs: 0, intervalMs: 50 });
	const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
	await once(server, 'listening');
	const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const connect = async () => {
		const page = new WebSocket(url);
		const [[client]] = await Promise.all([once(server, 'connection'), once(page, 'open')]);
		broadcaster.add(client);
		const told: number[] = [];
		page.on('message', (data) => told.push(JSON.parse(String(data)).states.change));
		return { page, client, told };
	};
	const [slow, quick] = [await connect(), await connect()];
	slow.page.pause();
	const filler = 'x'.repeat(1_000_000);
	let most = 0;
	for (let change = 1; change <= 60; change++) {
		source.states = { change, filler };
		source.onChange.emit();
		await soon(() => expect(quick.told.at(-1)).toBe(change));
		most = Math.max(most, slow.client.bufferedAmount);
	}
	expect(most).toBeGreaterThan(65_536);
	expect(most).toBeLessThan(2_200_000);
	slow.page.resume();
	await soon(() => expect(slow.told.at(-1)).toBe(60));
	expect(slow.told.length).toBeLessThan(60);
	quick.page.terminate();
	await soon(() => expect(broadcaster.statistics.clients).toBe(1));
	broadcaster.close();
	slow.page.terminate();
	server.close();
});
