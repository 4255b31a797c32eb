import { type CloseInfo, ConnectionError, integerOption, type Payload, type Plugin, type PluginHost, type Unsubscribe } from '@linkscope/core';
import { ControlFrames } from './control-frames.js';
import { isTypedMessage, parseJson, type TypedMessage } from './message-json.js';
import { type RequestHandler, Requests } from './requests.js';
import { createWait, MessageError, type Wait, type WaitOptions } from './wait.js';

export interface TypedMessagesOptions {
	/** Waits at a time (messages and answers), and requests of the peer at work at a time. Default 1,000. */
	maxWaiting?: number;
}

interface MessageWait {
	/** Null: any message. */
	readonly type: string | null;
	readonly wait: Wait<unknown>;
}

/**
 * Waits for messages, and asks questions with correlated answers. Every method that waits rejects with MessageError
 * WAIT_TIMEOUT, WAIT_ABORTED, WAIT_FULL, or ConnectionError CONNECTION_CLOSED. A message that was waited for goes to the one
 * who waited longest; all others pass on to the application unchanged.
 *
 * Control frames (text), each with a number of the asking side and ':': 'q' a request as JSON, 'a' its answer as JSON,
 * 'e' a code why there is none.
 */
export class TypedMessagesPlugin implements Plugin {
	readonly name = 'typed-messages';
	readonly #frames = new ControlFrames('typed-messages', 'T');
	readonly #maxWaiting: number;
	readonly #messages = new Set<MessageWait>();
	#requests: Requests | null = null;
	#host: PluginHost | null = null;
	#ended: Error | null = null;

	constructor(options: TypedMessagesOptions = {}) {
		this.#maxWaiting = integerOption('maxWaiting', options.maxWaiting, 1_000, 1);
	}

	/** The next message, of either kind. */
	async next(options: WaitOptions = {}): Promise<Payload> {
		return (await this.#waitFor(null, 'the next message', options)) as Payload;
	}

	/** The next text that is a JSON object of this `type`, parsed; keys named __proto__ are left out. */
	async nextJson<T extends TypedMessage = TypedMessage>(type: string, options: WaitOptions = {}): Promise<T> {
		return (await this.#waitFor(type, `JSON of type ${JSON.stringify(type)}`, options)) as T;
	}

	/**
	 * Asks the peer, whose `onRequest` handler of this type answers. May be called before the connection is ACTIVE.
	 * @throws MessageError REQUEST_UNHANDLED, REQUEST_FAILED, REQUEST_BUSY as the peer says; MESSAGE_TOO_BIG of the transport;
	 * TypeError where the message has no type or is no JSON.
	 */
	async request<T = unknown>(message: TypedMessage, options: WaitOptions = {}): Promise<T> {
		return (await this.#ready().ask(message, options)) as T;
	}

	/** Answers the peer's requests of one type. @throws TypeError where the type has a handler already. */
	onRequest(type: string, handler: RequestHandler): Unsubscribe {
		return this.#attached().handle(type, handler);
	}

	attach(host: PluginHost): void {
		this.#host = host;
		this.#requests = new Requests(host, this.#frames, this.#maxWaiting);
	}

	active(): void {
		this.#requests?.activate();
	}

	drained(): void {
		this.#requests?.drained();
	}

	outgoing(payload: Payload): Payload {
		return this.#frames.wrap(payload);
	}

	incoming(payload: Payload): Payload | null {
		const kind = this.#frames.kindOf(payload);
		if (kind !== null && kind !== '=') {
			this.#requests?.receive(kind, this.#frames.bodyOf(payload));
			return null;
		}
		const message = kind === null ? payload : this.#frames.bodyOf(payload);
		return this.#messages.size > 0 && this.#isTaken(message) ? null : message;
	}

	closed(info: CloseInfo): void {
		this.#ended = new ConnectionError('CONNECTION_CLOSED', `the connection ended (${info.code}) while a message was waited for`, { cause: info.error });
		for (const { wait } of [...this.#messages]) wait.reject(this.#ended);
		this.#requests?.close(this.#ended);
	}

	/** Hands a message to the one who has waited for it longest. */
	#isTaken(message: Payload): boolean {
		let parsed: unknown;
		for (const { type, wait } of this.#messages) {
			if (type === null) {
				wait.resolve(message);
				return true;
			}
			if (typeof message !== 'string') continue;
			// Parsed at most once, and only while somebody waits for JSON.
			if (parsed === undefined) parsed = parseJson(message) ?? null;
			if (isTypedMessage(parsed) && parsed.type === type) {
				wait.resolve(parsed);
				return true;
			}
		}
		return false;
	}

	#waitFor(type: string | null, what: string, options: WaitOptions): Promise<unknown> {
		this.#ready();
		const entry: MessageWait = { type, wait: createWait((this.#host as PluginHost).clock, what, options, () => this.#messages.delete(entry)) };
		this.#messages.add(entry);
		return entry.wait.promise;
	}

	/** @throws where nothing more can be waited for. */
	#ready(): Requests {
		const requests = this.#attached();
		if (this.#ended) throw this.#ended;
		const waiting = this.#messages.size + requests.waiting;
		if (waiting >= this.#maxWaiting) {
			throw new MessageError('WAIT_FULL', `${waiting} messages and answers are waited for already; at most ${this.#maxWaiting} (maxWaiting) may be`);
		}
		return requests;
	}

	#attached(): Requests {
		if (!this.#requests) throw new TypeError('typed-messages: add the plugin to a connection before using it');
		return this.#requests;
	}
}
