import { codeOf, systemClock } from '@linkscope/core';
import { WebSocket } from 'ws';
import { Connection, getConnectionInstrumentationStats, installInstrumentation } from '../index.js';
import type { Output } from './output.js';
import { UsageError } from './usage.js';

export interface CheckOptions {
	/** Round trips to measure. */
	pings: number;
	/** For opening, and for each round trip. */
	timeoutMs: number;
}

/** Dials, measures, closes and says how it went; @returns 0 or 1. @throws UsageError where the URL is none. */
export async function check(url: string, { pings, timeoutMs }: CheckOptions, output: Output): Promise<number> {
	const uninstall = installInstrumentation();
	try {
		const socket = dial(url);
		const connection = new Connection(socket, { plugins: [], openTimeoutMs: timeoutMs });
		const snapshot = () => getConnectionInstrumentationStats().connections.find(({ id }) => id === connection.id);
		try {
			await connection.open();
			output.line(snapshot()?.url ?? '');
			for (const { name, durationMs, budgetMs } of snapshot()?.stages ?? []) {
				if (name === 'connect') output.line(`  ${name.padEnd(9)} ${ms(durationMs)}${budgetMs === null ? '' : ` (budget ${ms(budgetMs)})`}`);
			}
			if (pings > 0) output.line(`  latency   ${summary(await measure(socket, pings, timeoutMs))}`);
		} catch (error) {
			output.error(`${(error as Error).message}${codeOf(error) ? ` [${codeOf(error)}]` : ''}`);
			await connection.close();
			output.line(`  verdict   ${snapshot()?.close?.verdict.word ?? 'unknown'}`);
			return 1;
		}
		await connection.close('check done');
		const close = snapshot()?.close;
		output.line(`  closed    ${close?.code} ${close?.verdict.word}, by ${close?.initiatedBy}`);
		return close?.wasClean ? 0 : 1;
	} finally {
		uninstall();
	}
}

function dial(url: string): WebSocket {
	try {
		return new WebSocket(url, { perMessageDeflate: false });
	} catch {
		throw new UsageError('linkscope check needs an absolute ws: or wss: URL, such as ws://127.0.0.1:4180/ws');
	}
}

/** Round trips by the protocol's own ping, which every server answers (RFC 6455 section 5.5.2). */
async function measure(socket: WebSocket, count: number, timeoutMs: number): Promise<number[]> {
	const times: number[] = [];
	for (let i = 0; i < count; i++) {
		const sentAt = systemClock.now();
		await new Promise<void>((resolve, reject) => {
			const cancel = systemClock.after(timeoutMs, () => reject(new Error(`no pong within ${timeoutMs} ms`)), { keepAlive: true });
			socket.once('pong', () => {
				cancel();
				resolve();
			});
			socket.once('close', () => {
				cancel();
				reject(new Error('the connection ended while its latency was measured'));
			});
			socket.ping();
		});
		times.push(systemClock.now() - sentAt);
	}
	return times.sort((a, b) => a - b);
}

function summary(times: readonly number[]): string {
	const at = (share: number): string => ms(times[Math.floor((times.length - 1) * share)] as number);
	return `${at(0)} to ${at(1)}, median ${at(0.5)}, of ${times.length} round trips`;
}

function ms(value: number): string {
	return value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(1)} ms`;
}
