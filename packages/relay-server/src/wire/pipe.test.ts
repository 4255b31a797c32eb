import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Opcode } from './frame-header.js';
import type { FramedSocket } from './framed-socket.js';
import { Pipe, type PipeEvents } from './pipe.js';
import { clientFrame, type Frame } from './raw-frames.fixture.js';
import type { SocketEnd } from './relay-socket.js';

const byte = clientFrame({ opcode: Opcode.BINARY, payload: Buffer.alloc(1) });

/** A pipe between sockets that only take notes. The target takes nothing. */
function pipeTo({ willDrain = true, isClient = false, heldBytesPerDirection = 1_000_000 } = {}) {
	const noted: string[] = [];
	const written: Buffer[] = [];
	const target = {
		isClient,
		heldBytes: 0,
		willDrain,
		write(bytes: Buffer) {
			target.heldBytes += bytes.length;
			written.push(Buffer.from(bytes));
		},
	};
	const source = { isClient: false, hold: () => noted.push('hold'), resume: () => noted.push('resume') };
	const events = {
		blocked: (_: Pipe, isBlocked: boolean) => noted.push(`blocked ${isBlocked}`),
		said: (_: Pipe, { code, reason }: SocketEnd) => noted.push(`said ${code} ${reason}`),
		over: () => noted.push('over'),
	} as unknown as PipeEvents;
	const limits = { maxFrameBytes: 1000, heldBytesPerDirection, takeVolume: () => true };
	const [from, to] = [source, target] as unknown as [FramedSocket, FramedSocket];
	return { pipe: new Pipe(from, to, limits, events), target, noted, written };
}

describe('a pipe', () => {
	const message = fc.record({ payload: fc.uint8Array({ maxLength: 400 }), mask: fc.uint8Array({ minLength: 4, maxLength: 4 }) });
	const cuts = fc.array(fc.nat(3000), { maxLength: 40 });

	it.each([
		['takes the masks off', false],
		['leaves frames to another node alone', true],
	])('%s, wherever what comes is cut into reads', (_, isClient) => {
		fc.assert(
			fc.property(fc.array(message, { maxLength: 8 }), cuts, (messages, places) => {
				const { pipe, written, noted } = pipeTo({ isClient });
				const frames: Frame[] = messages.map(({ payload }) => ({ opcode: Opcode.BINARY, payload: Buffer.from(payload) }));
				const masked = frames.map((frame, i) => clientFrame(frame, Buffer.from(messages[i]!.mask)));
				const bytes = Buffer.concat([...masked, clientFrame({ opcode: Opcode.CLOSE, payload: Buffer.from([3, 0xe8, 0x62]) })]);
				const ends = [...places.filter((place) => place < bytes.length), bytes.length].sort((a, b) => a - b);
				for (const [i, end] of ends.entries()) {
					const piece = bytes.subarray(ends[i - 1] ?? 0, end);
					if (piece.length > 0) pipe.read(Buffer.from(piece));
				}
				const wanted = isClient ? masked : frames.map((frame) => clientFrame(frame, null));
				expect(Buffer.concat(written).equals(Buffer.concat(wanted))).toBe(true);
				expect(noted).toEqual(['said 1000 b']);
				expect(pipe).toMatchObject({ frames: frames.length, bytes: frames.reduce((sum, { payload }) => sum + payload.length, 0) });
			}),
		);
	});

	it('waits for the last byte of a close', () => {
		const { pipe, noted } = pipeTo();
		const bytes = clientFrame({ opcode: Opcode.CLOSE, payload: Buffer.from([3, 0xe8, 0x62]) });
		for (const byte of bytes) {
			expect(noted).toEqual([]);
			pipe.read(Buffer.from([byte]));
		}
		expect(noted).toEqual(['said 1000 b']);
	});

	it('adds nothing to a frame that was cut off', () => {
		const { pipe, written, noted } = pipeTo();
		pipe.read(clientFrame({ opcode: Opcode.BINARY, payload: Buffer.alloc(100) }).subarray(0, 50));
		const half = Buffer.concat(written).length;
		pipe.cut({ code: 1000, reason: '' });
		expect([Buffer.concat(written).length, noted]).toEqual([half, ['over']]);
	});

	it('lets a frame end for a target that takes nothing, when that is the last one', () => {
		const { pipe, noted } = pipeTo();
		const frame = clientFrame({ opcode: Opcode.BINARY, payload: Buffer.alloc(100) });
		for (let i = 0; i < 4090; i++) pipe.read(Buffer.from(byte));
		pipe.read(frame.subarray(0, 50));
		pipe.conclude({ code: 4440, reason: 'SLOW_READER' });
		for (let i = 50; i < frame.length; i++) pipe.read(Buffer.from([frame[i] as number]));
		expect(noted).toEqual(['resume', 'over']);
	});

	it('stops a sender that dribbles, because each write that waits costs more than its bytes', () => {
		const { pipe, target, noted } = pipeTo();
		for (let i = 0; i < 4096; i++) pipe.read(Buffer.from(byte));
		expect(noted).toEqual([]);
		pipe.read(Buffer.from(byte));
		expect(noted).toEqual(['hold', 'blocked true']);
		target.heldBytes = 0;
		pipe.targetDrained();
		expect(noted).toEqual(['hold', 'blocked true', 'resume', 'blocked false']);
		pipe.read(Buffer.from(byte));
		expect(noted.length).toBe(4);
	});

	it.each([1_000_000, 100])('stops nobody whom nothing would start again, with a limit of %i', (heldBytesPerDirection) => {
		const { pipe, noted } = pipeTo({ willDrain: false, heldBytesPerDirection });
		for (let i = 0; i < 10_000; i++) pipe.read(Buffer.from(byte));
		expect(noted).toEqual([]);
	});
});
