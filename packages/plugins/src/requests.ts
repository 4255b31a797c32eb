import { asError, ConnectionError, type Payload, type PluginHost, type Unsubscribe } from '@linkscope/core';
import type { ControlFrames } from './control-frames.js';
import { isTypedMessage, parseJson, type TypedMessage } from './message-json.js';
import { createWait, MessageError, type Wait, type WaitOptions } from './wait.js';

/** Answers a request: what it returns, or resolves with, goes back as JSON. */
export type RequestHandler = (message: TypedMessage) => unknown;

const REQUEST = 'q';
const ANSWER = 'a';
const REFUSAL = 'e';
const BODY = /^([0-9a-z]{1,11}):/;

/** Why a peer did not answer; the only thing it is told. */
const refusals = {
	REQUEST_UNHANDLED: 'the peer has no handler for it',
	REQUEST_FAILED: "the peer's handler failed",
	REQUEST_BUSY: 'the peer has too many requests at work',
} as const;

type Refusal = keyof typeof refusals;

interface PendingRequest {
	readonly what: string;
	readonly wait: Wait<unknown>;
	/** The frame, while the connection is not ACTIVE yet. */
	unsent: string | null;
}

/** Requests both ways, correlated by a number of the asking side. */
export class Requests {
	readonly #pending = new Map<string, PendingRequest>();
	readonly #handlers = new Map<string, RequestHandler>();
	#lastNumber = 0;
	#running = 0;
	#active = false;
	/** Answers that went into a busy transport still count as running: a peer that asks without reading is stopped by the bound. */
	#undrained = 0;
	readonly #host: PluginHost;
	readonly #frames: ControlFrames;
	readonly #maxWaiting: number;

	constructor(host: PluginHost, frames: ControlFrames, maxWaiting: number) {
		this.#host = host;
		this.#frames = frames;
		this.#maxWaiting = maxWaiting;
	}

	get waiting(): number {
		return this.#pending.size;
	}

	ask(message: TypedMessage, options: WaitOptions): Promise<unknown> {
		if (!isTypedMessage(message)) throw new TypeError('a request is an object with a type, which is a string');
		const number = (++this.#lastNumber).toString(36);
		const frame = this.#frames.text(REQUEST, `${number}:${JSON.stringify(message)}`);
		const what = `an answer to ${JSON.stringify(message.type)}`;
		const wait = createWait<unknown>(this.#host.clock, what, options, () => this.#pending.delete(number));
		const request: PendingRequest = { what, wait, unsent: frame };
		this.#pending.set(number, request);
		if (this.#active) this.#send(request);
		return wait.promise;
	}

	handle(type: string, handler: RequestHandler): Unsubscribe {
		if (this.#handlers.has(type)) throw new TypeError(`requests of type ${JSON.stringify(type)} have a handler already`);
		this.#handlers.set(type, handler);
		return () => {
			if (this.#handlers.get(type) === handler) this.#handlers.delete(type);
		};
	}

	/** Sends what was asked before the connection was ACTIVE. */
	activate(): void {
		this.#active = true;
		for (const request of [...this.#pending.values()]) this.#send(request);
	}

	drained(): void {
		this.#running -= this.#undrained;
		this.#undrained = 0;
	}

	/** A control frame of the peer. @throws PluginError MALFORMED_FRAME. */
	receive(kind: string, body: Payload): void {
		const number = typeof body === 'string' ? BODY.exec(body)?.[1] : undefined;
		if (typeof body !== 'string' || number === undefined) throw this.#frames.malformed('a request or answer without a number');
		const content = body.slice(number.length + 1);
		if (kind === REQUEST) this.#serve(number, content);
		else if (kind === ANSWER) this.#settle(number, content);
		else if (kind === REFUSAL) this.#refused(number, content);
		else throw this.#frames.malformed('neither a request nor an answer');
	}

	close(error: Error): void {
		for (const { wait } of [...this.#pending.values()]) wait.reject(error);
		this.#handlers.clear();
	}

	#send(request: PendingRequest): void {
		if (request.unsent === null) return;
		const frame = request.unsent;
		request.unsent = null;
		try {
			this.#host.sendDown(frame);
		} catch (error) {
			request.wait.reject(error as Error);
		}
	}

	#serve(number: string, content: string): void {
		const message = parseJson(content);
		if (!isTypedMessage(message)) throw this.#frames.malformed('a request that is no JSON object with a type');
		if (this.#running >= this.#maxWaiting) {
			if (this.#undrained > 0)
				throw new ConnectionError('SLOW_READER', `typed-messages: ${this.#running} answers wait for a peer that asks on without reading`);
			return this.#reply(REFUSAL, number, 'REQUEST_BUSY');
		}
		const handler = this.#handlers.get(message.type);
		if (!handler) return this.#reply(REFUSAL, number, 'REQUEST_UNHANDLED');
		this.#running++;
		void this.#run(handler, message, number);
	}

	async #run(handler: RequestHandler, message: TypedMessage, number: string): Promise<void> {
		let answer: string;
		try {
			// undefined, and what JSON cannot say, is null.
			answer = JSON.stringify(await handler(message)) ?? 'null';
		} catch (error) {
			// The peer learns that it failed, the instrumentation why.
			this.#host.note({ kind: 'plugin', name: 'typed-messages', text: `the handler of ${JSON.stringify(message.type)} threw: ${asError(error).message}` });
			this.#running--;
			return this.#reply(REFUSAL, number, 'REQUEST_FAILED');
		}
		this.#running--;
		this.#reply(ANSWER, number, answer);
	}

	#reply(kind: string, number: string, content: string): void {
		try {
			if (this.#host.sendDown(this.#frames.text(kind, `${number}:${content}`))) return;
			this.#running++;
			this.#undrained++;
		} catch (error) {
			if (kind === ANSWER) this.#reply(REFUSAL, number, 'REQUEST_FAILED');
			else this.#host.fail(error as Error);
		}
	}

	#settle(number: string, content: string): void {
		const answer = parseJson(content);
		if (answer === undefined) throw this.#frames.malformed('an answer that is no JSON');
		// An answer nobody waits for any more came after its timeout.
		this.#pending.get(number)?.wait.resolve(answer);
	}

	#refused(number: string, content: string): void {
		const code: Refusal = Object.hasOwn(refusals, content) ? (content as Refusal) : 'REQUEST_FAILED';
		const request = this.#pending.get(number);
		request?.wait.reject(new MessageError(code, `waited for ${request.what}: ${refusals[code]}`));
	}
}
