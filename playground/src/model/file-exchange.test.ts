import type { Connection, IncomingFile } from 'linkscope';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFileExchange } from './file-exchange.js';

type Send = { resolve(): void; reject(error: Error): void; signal: AbortSignal; progress(bytes: number): void };

/** An exchange whose sending and receiving the test runs. */
function exchangeOf(plugins = ['websocket', 'sync']) {
	let offer = (_: IncomingFile): Promise<void> => Promise.resolve();
	const sends: Send[] = [];
	const send = (_connection: unknown, _file: unknown, options: { signal: AbortSignal; onProgress: (progress: { bytes: number }) => void }) =>
		new Promise<void>((resolve, reject) => {
			options.signal.addEventListener('abort', () => reject(new Error('aborted')));
			sends.push({ resolve, reject, signal: options.signal, progress: (bytes) => options.onProgress({ bytes }) });
		});
	const receive = (_connection: unknown, handler: typeof offer) => {
		offer = handler;
		return () => {};
	};
	const exchange = createFileExchange({ plugins } as unknown as Connection, { send: send as never, receive: receive as never });
	return { exchange: exchange as NonNullable<typeof exchange>, sends, offer: (file: IncomingFile) => offer(file) };
}

function incoming(accept: (options: { onProgress: (progress: { bytes: number }) => void }) => Promise<object> = async () => ({ blob: new Blob(['hi']) })) {
	const controller = new AbortController();
	return { file: { name: 'notes.txt', size: 2, signal: controller.signal, accept } as unknown as IncomingFile, controller };
}

const shown = (exchange: { files: { value: readonly { state: string; bytes: number; trouble: string | null }[] } }) =>
	exchange.files.value.map(({ state, bytes, trouble }) => [state, bytes, trouble]);

beforeEach(() => {
	vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:made');
	vi.spyOn(URL, 'revokeObjectURL').mockReturnValue();
});

afterEach(() => vi.restoreAllMocks());

it('is none where the connection has no plugin for files', () => {
	expect(createFileExchange({ plugins: ['websocket'] } as unknown as Connection)).toBeNull();
});

it('sends a file and shows how far it is', async () => {
	const { exchange, sends } = exchangeOf();
	const over = exchange.send(new File(['12345'], 'a.bin'));
	expect(shown(exchange)).toEqual([['offered', 0, null]]);
	sends[0]?.progress(3);
	expect(shown(exchange)).toEqual([['moving', 3, null]]);
	sends[0]?.resolve();
	await over;
	expect(shown(exchange)).toEqual([['done', 5, null]]);
});

it('says why a file did not arrive, and stops one', async () => {
	const { exchange, sends } = exchangeOf();
	const over = [exchange.send(new File(['1'], 'a')), exchange.send(new File(['2'], 'b'))];
	sends[0]?.reject(Object.assign(new Error('for developers'), { code: 'FILE_REFUSED' }));
	exchange.stop(2);
	await Promise.all(over);
	expect(shown(exchange)).toEqual([
		['ended', 0, 'refused by the other side'],
		['ended', 0, 'stopped here'],
	]);
});

it('receives nothing that nobody has agreed to', async () => {
	const { exchange, offer } = exchangeOf();
	const accept = vi.fn();
	const over = offer(incoming(accept).file);
	expect(shown(exchange)).toEqual([['offered', 0, null]]);
	exchange.stop(1);
	await over;
	expect(accept).not.toHaveBeenCalled();
	expect(shown(exchange)).toEqual([['ended', 0, 'refused']]);
});

it('receives what was agreed to, and lets it be saved', async () => {
	const { exchange, offer } = exchangeOf();
	const { file } = incoming(async ({ onProgress }) => {
		onProgress({ bytes: 1 });
		return { blob: new Blob(['hi']) };
	});
	const over = offer(file);
	exchange.accept(1);
	await over;
	expect(exchange.files.value[0]).toMatchObject({ state: 'done', bytes: 2, url: 'blob:made' });
});

it('shows an offer that was taken back, and an arrival that broke off', async () => {
	const { exchange, offer } = exchangeOf();
	const first = incoming();
	const second = incoming(() => Promise.reject(new Error('lost on the way')));
	const over = [offer(first.file), offer(second.file)];
	first.controller.abort();
	exchange.accept(2);
	await Promise.all(over);
	expect(shown(exchange)).toEqual([
		['ended', 0, 'taken back'],
		['ended', 0, 'lost on the way'],
	]);
});

it('keeps the last ones, and gives back what the others held', async () => {
	const { exchange, offer } = exchangeOf();
	const over = offer(incoming().file);
	exchange.accept(1);
	await over;
	const undecided = offer(incoming().file);
	for (let i = 0; i < 20; i++) void exchange.send(new File(['x'], `${i}`));
	await undecided;
	expect(exchange.files.value).toHaveLength(20);
	expect(URL.revokeObjectURL).toHaveBeenCalledWith('blob:made');
});
