import { codeOf, systemClock } from '@linkscope/core';
import { WebSocket } from 'ws';
import { Connection, getConnectionInstrumentationStats, installInstrumentation } from '../index.js';
import { ms } from './durations.js';
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
				if (name === 'connect') output.line(`  ${name.padEnd(9)} ${ms(durationMs)}${beside(durationMs, budgetMs)}`);
			}
			if (pings > 0) output.line(`  latency   ${summary(await measure(socket, pings, timeoutMs))}`);
		} catch (error) {
			output.error(describeFailure(error));
			await connection.close();
			output.line(`  verdict   ${error instanceof NoPongError ? 'timeout' : (snapshot()?.close?.verdict.word ?? 'unknown')}`);
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
	if (url.includes('#')) throw new UsageError(`a WebSocket URL has no fragment: leave out ${JSON.stringify(url.slice(url.indexOf('#')))}`);
	try {
		return new WebSocket(url, { perMessageDeflate: false });
	} catch {
		throw new UsageError('linkscope check needs an absolute ws: or wss: URL, such as ws://127.0.0.1:4180/ws');
	}
}

/** The server took the connection and let a ping go unanswered. */
class NoPongError extends Error {}

/** Round trips by the protocol's own ping, which every server answers (RFC 6455 section 5.5.2). */
async function measure(socket: WebSocket, count: number, timeoutMs: number): Promise<number[]> {
	const times: number[] = [];
	for (let i = 0; i < count; i++) {
		const sentAt = systemClock.now();
		await new Promise<void>((resolve, reject) => {
			const cancel = systemClock.after(timeoutMs, () => reject(new NoPongError(`the server answered no ping within ${timeoutMs} ms`)), { keepAlive: true });
			const ended = (code: number, reason: Buffer): void => {
				cancel();
				const said = reason.length > 0 ? ` ${JSON.stringify(String(reason))}` : '';
				reject(new Error(`the connection ended with ${code}${said} while its latency was measured`));
			};
			socket.once('close', ended);
			socket.once('pong', () => {
				cancel();
				socket.off('close', ended);
				resolve();
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

function describeFailure(error: unknown): string {
	return `${(error as Error).message}${codeOf(error) ? ` [${codeOf(error)}]` : ''}`;
}

function beside(durationMs: number, budgetMs: number | null): string {
	return budgetMs === null ? '' : `, ${durationMs > budgetMs ? 'over' : 'within'} its budget of ${ms(budgetMs)}`;
}
