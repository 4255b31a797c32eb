import { describe, expect, it } from 'vitest';
import { Opcode } from './frame-header.js';
import type { FramedSocket } from './framed-socket.js';
import { Pipe, type PipeEvents } from './pipe.js';
import { clientFrame } from './raw-frames.fixture.js';

const byte = clientFrame({ opcode: Opcode.BINARY, payload: Buffer.alloc(1) });

/** A pipe between sockets that only take notes. The target has taken nothing yet. */
function pipeToStalled({ willDrain }: { willDrain: boolean }) {
	const noted: string[] = [];
	const target = { isClient: false, heldBytes: 0, willDrain, write: (bytes: Buffer) => (target.heldBytes += bytes.length) };
	const source = { isClient: false, hold: () => noted.push('hold'), resume: () => noted.push('resume') };
	const events = { blocked: (_: Pipe, isBlocked: boolean) => noted.push(`blocked ${isBlocked}`) } as unknown as PipeEvents;
	const limits = { maxFrameBytes: 100, heldBytesPerDirection: 1_000_000, takeVolume: () => true };
	const [from, to] = [source, target] as unknown as [FramedSocket, FramedSocket];
	return { pipe: new Pipe(from, to, limits, events), target, noted };
}

describe('a pipe', () => {
	it('stops a sender that dribbles, because each write that waits costs more than its bytes', () => {
		const { pipe, target, noted } = pipeToStalled({ willDrain: true });
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

	it('stops nobody whom nothing would start again', () => {
		const { pipe, noted } = pipeToStalled({ willDrain: false });
		for (let i = 0; i < 10_000; i++) pipe.read(Buffer.from(byte));
		expect(noted).toEqual([]);
	});
});
