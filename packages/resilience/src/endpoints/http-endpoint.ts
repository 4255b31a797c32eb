import { asError, type Backoff, codeOf, integerOption, numberOption, systemClock } from '@linkscope/core';
import { exponential } from '../retry/backoffs.js';
import { BoundedFetch, type Fetch } from './bounded-fetch.js';
import { Endpoint, type EndpointOptions } from './endpoint.js';
import { EndpointError } from './endpoint-error.js';
import { oneLine, seconds } from './one-line.js';
import type { EndpointState } from './status-source.js';

export interface HttpEndpointOptions extends EndpointOptions {
	/** Below it lie all paths. No credentials, query or fragment. */
	readonly url: string;
	/** What a health check asks for. Default: the URL itself. */
	readonly healthPath?: string;
	/** From the end of one check to the next, and before the wait of every reconnection. Default 30,000. */
	readonly checkIntervalMs?: number;
	/** Until the head of an answer has come. Default 10,000. */
	readonly timeoutMs?: number;
	/** Tries of one cycle; then it rests for 300 s and starts over. 0: one endless cycle. Default 10. */
	readonly maxAttempts?: number;
	/** Added to `checkIntervalMs`. Default: 2 s doubling to 300 s. */
	readonly backoff?: Backoff;
	/** Reads from a good answer who is there, for the log: 'Node ID: 12AB...34CD'. Within `timeoutMs`. */
	readonly identify?: (response: Response) => Promise<string> | string;
	/** Default: the platform's. */
	readonly fetch?: Fetch;
}

/** As in seeds/002. */
export interface HttpEndpointSnapshot {
	state: EndpointState;
	is_available: boolean;
	last_error: string | null;
	reconnect_attempts: number;
	/** Seconds since 1970. */
	last_successful_request: number | null;
}

const REST_MS = 300_000;

/**
 * An HTTP service that is watched: checked every 30 s, unavailable after an answer of 500 or more, a timeout or a request that fails, and
 * available again when a check goes well. An answer of 4xx is an answer.
 */
export class HttpEndpoint extends Endpoint {
	readonly #url: URL;
	readonly #healthUrl: string;
	readonly #checkIntervalMs: number;
	readonly #maxAttempts: number;
	readonly #backoff: Backoff;
	readonly #identify: HttpEndpointOptions['identify'];
	readonly #requests: BoundedFetch;
	#lastSuccessMs: number | null = null;
	/** Connections so far: what was asked before the last one says nothing about it. */
	#generation = 0;
	/** The check that counts. */
	#check: object | null = null;

	/** @throws RangeError, TypeError naming the option. */
	constructor(options: HttpEndpointOptions) {
		super(options);
		this.#url = baseUrl(options.url);
		this.#healthUrl = this.#resolve(options.healthPath ?? '');
		this.#checkIntervalMs = numberOption('checkIntervalMs', options.checkIntervalMs, 30_000, 1);
		this.#maxAttempts = integerOption('maxAttempts', options.maxAttempts, 10);
		this.#backoff = options.backoff ?? exponential({ baseDelayMs: 2_000, maxDelayMs: 300_000 });
		this.#identify = options.identify;
		const timeoutMs = numberOption('timeoutMs', options.timeoutMs, 10_000, 1);
		this.#requests = new BoundedFetch(options.fetch ?? ((url, init) => globalThis.fetch(url, init)), options.clock ?? systemClock, timeoutMs);
	}

	get snapshot(): HttpEndpointSnapshot {
		return {
			state: this.state,
			is_available: this.isAvailable,
			last_error: this.lastError,
			reconnect_attempts: this.attempts,
			last_successful_request: this.#lastSuccessMs === null ? null : this.#lastSuccessMs / 1_000,
		};
	}

	/**
	 * One request of the application. Where it fails, the endpoint is unavailable until a check goes well.
	 * @param path below the endpoint's URL.
	 * @returns the answer, whatever its status.
	 * @throws EndpointError ENDPOINT_UNAVAILABLE, ENDPOINT_STOPPED at once, without asking; ENDPOINT_TIMEOUT; what fetch throws.
	 */
	async request(path: string, init: RequestInit = {}): Promise<Response> {
		const url = this.#resolve(path);
		if (this.state === 'stopped') throw this.stoppedError();
		if (!this.isAvailable) {
			throw new EndpointError('ENDPOINT_UNAVAILABLE', `${oneLine(this.node)} is unavailable (${this.lastError ?? 'not connected yet'}): nothing was sent`);
		}
		const generation = this.#generation;
		try {
			const response = await this.#requests.run(url, init, (answer) => answer);
			if (response.status >= 500) this.#requestFailed(generation, `HTTP ${response.status}`);
			else this.#lastSuccessMs = this.clock.epoch();
			return response;
		} catch (error) {
			if (!init.signal?.aborted) this.#requestFailed(generation, failureText(error));
			throw error;
		}
	}

	protected dial(): void {
		void this.#checkHealth();
		this.dialling();
	}

	protected hangUp(): void {
		this.#check = null;
		this.#requests.abortAll(this.stoppedError());
	}

	async #checkHealth(): Promise<void> {
		const check = {};
		this.#check = check;
		let failure: string | null = null;
		let identity: string | null = null;
		try {
			identity = await this.#requests.run(this.#healthUrl, { cache: 'no-store' }, (response) => this.#read(response));
		} catch (error) {
			failure = failureText(error);
		}
		// It was stopped, or something newer is known.
		if (this.#check !== check) return;
		this.meter.checked(failure === null);
		if (failure === null) this.#up(identity);
		else this.#down(failure, `API health check failed: ${failure}`);
	}

	/** @returns who answered, where that is asked for. */
	async #read(response: Response): Promise<string | null> {
		const isGood = response.status < 500;
		const identity = isGood && !this.isAvailable && this.#identify ? await identityOf(response, this.#identify) : null;
		// Nobody reads the rest, and a connection would wait for it.
		if (!response.bodyUsed) response.body?.cancel().catch(() => {});
		if (!isGood) throw new EndpointError('ENDPOINT_UNAVAILABLE', `HTTP ${response.status}`);
		return identity;
	}

	#up(identity: string | null): void {
		if (!this.isAvailable) this.#generation++;
		this.#lastSuccessMs = this.clock.epoch();
		this.schedule(this.#checkIntervalMs, () => void this.#checkHealth());
		this.connected(`API client connected to ${withoutSlash(this.#url.href)}${identity === null ? '' : ` (${identity})`}`);
	}

	#requestFailed(generation: number, failure: string): void {
		if (!this.isAvailable || generation !== this.#generation) return;
		this.#check = null;
		this.#down(failure, `API request failed: ${failure}`);
	}

	#down(failure: string, message: string): void {
		this.schedule(this.#checkIntervalMs, () => this.#planReconnection());
		this.disconnected('error', failure, { level: 'WARNING', message });
	}

	#planReconnection(): void {
		const delayMs = this.nextDelayMs(this.#backoff, this.#maxAttempts);
		if (delayMs === null) {
			this.log('WARNING', `API reconnection failed ${this.attempts} times. Starting over in ${seconds(REST_MS)}`);
			this.attempts = 0;
			this.schedule(REST_MS, () => this.#planReconnection());
		} else {
			const total = this.#maxAttempts === 0 ? '' : `/${this.#maxAttempts}`;
			this.schedule(delayMs, () => this.dial());
			this.log('INFO', `API reconnection attempt ${this.attempts}${total} in ${seconds(delayMs)}`);
		}
		this.changed();
	}

	/** @throws TypeError where the path leads to another server. */
	#resolve(path: string): string {
		const url = new URL(path.replace(/^\/(?!\/)/, ''), this.#url);
		if (url.origin !== this.#url.origin) throw new TypeError(`path must lie below ${this.#url.href}, got one of ${url.origin}`);
		return path === '' ? withoutSlash(url.href) : url.href;
	}
}

function baseUrl(text: string): URL {
	const url = URL.canParse(text) ? new URL(text) : null;
	if (!url || !/^https?:$/.test(url.protocol)) throw new TypeError('url must be an http: or https: URL');
	if (url.username || url.password || url.search || url.hash)
		throw new TypeError('url must have no credentials, query or fragment: give secrets to fetch as headers');
	if (!url.pathname.endsWith('/')) url.pathname += '/';
	return url;
}

function withoutSlash(url: string): string {
	return url.replace(/\/$/, '');
}

async function identityOf(response: Response, identify: NonNullable<HttpEndpointOptions['identify']>): Promise<string | null> {
	try {
		return oneLine(String(await identify(response)), 80);
	} catch {
		// It answered; who it is, is only for the log.
		return null;
	}
}

function failureText(thrown: unknown): string {
	if (codeOf(thrown) === 'ENDPOINT_TIMEOUT') return 'Connection timeout';
	const error = asError(thrown);
	// Node's fetch says only 'fetch failed'; of several addresses that were tried, the first stands for all.
	const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
	return oneLine((cause instanceof Error && cause.message) || error.message);
}
