import { type AbortSignal, numberOption, systemClock, type Transport, TransportError } from '@linkscope/core';
import { encodeBase64url, type Identity, relayOrigin } from '@linkscope/crypto';
import { withoutSecrets } from '../dial.js';
import type { DialOptions, DialUrl } from '../dial-options.js';
import { Introduction } from './introduction.js';
import { RelayLine } from './relay-line.js';
import { type RelayEndpoints, readEndpoints, readRelayMessage } from './relay-messages.js';
import { RelayTransport } from './relay-transport.js';

export interface RelayOptions extends DialOptions {
	/** Who dials: the relay and the peer behind it come to know it. */
	identity: Identity;
	/** The relay's identity, 32 bytes. Any other relay is refused, before it learns anything but who asks. */
	relayKey?: Uint8Array;
	/** For dialling the relay, and for each of its answers. Default 10,000. */
	handshakeTimeoutMs?: number;
}

export interface DialRelayOptions extends RelayOptions {
	/** The identity to be led to, 32 bytes. */
	target: Uint8Array;
}

/** A conversation with a relay. The relay ends one that is idle for 10 s. */
export interface RelaySession {
	/** As the relay names itself, 32 bytes; proved only where it was pinned. */
	readonly relayKey: Uint8Array;
	/**
	 * What the relay knows of the target: at most 8 such questions in a session.
	 * @param options.probe the relay asks the target too, and tells whether it answered.
	 * @throws TransportError RELAY_RATE, RELAY_QUOTA, RELAY_AUTH_FAILED, RELAY_ORIGIN_UNKNOWN, HANDSHAKE_TIMEOUT, …: the session is then over.
	 */
	discover(target: Uint8Array, options?: { probe?: boolean }): Promise<RelayEndpoints>;
	/**
	 * Leads to the target: the session's connection is the transport's from here on, and the session is over.
	 * Its open() rejects with NOT_REGISTERED, RELAY_SELF and the others.
	 */
	dial(target: Uint8Array): Transport;
	/** Ends a session that has not dialled. */
	close(): void;
}

/** `dialWebSocket` of the platform. */
export type Dial = (url: DialUrl, options: DialOptions) => Transport;

/** `openRelay` on a platform. */
export async function openRelayOn(dial: Dial, url: DialUrl, options: RelayOptions, signal?: AbortSignal): Promise<RelaySession> {
	checkWho(options);
	const line = lineTo(dial, url, options);
	const relayKey = await line.during(signal, () => introduce(line, options));
	return new Session(line, relayKey);
}

/** `dialRelay` on a platform. */
export function dialRelayOn(dial: Dial, url: DialUrl, options: DialRelayOptions): Transport {
	checkWho(options);
	const target = targetOption(options.target);
	const line = lineTo(dial, url, options);
	return new RelayTransport(line, async () => {
		await introduce(line, options);
		await call(line, target);
	});
}

/** @throws TransportError URL_INVALID; TypeError or RangeError naming the option. */
export function lineTo(dial: Dial, url: DialUrl, options: DialOptions & { handshakeTimeoutMs?: number }): RelayLine {
	const origin = originOf(url);
	const timeoutMs = numberOption('handshakeTimeoutMs', options.handshakeTimeoutMs, 10_000, 1);
	return new RelayLine(dial(url, options), { origin, timeoutMs, clock: options.clock ?? systemClock });
}

/** @throws TypeError */
export function keyOption(name: string, key: unknown): Uint8Array {
	if (!(key instanceof Uint8Array) || key.length !== 32) throw new TypeError(`${name} must be a Uint8Array of 32 bytes`);
	return key;
}

/** @throws TypeError */
export function checkWho({ identity, relayKey }: Pick<Partial<RelayOptions>, 'identity' | 'relayKey'>): void {
	if (typeof identity?.sign !== 'function') throw new TypeError('identity must be an identity: createIdentity() of @linkscope/crypto makes one');
	if (relayKey !== undefined) keyOption('relayKey', relayKey);
}

class Session implements RelaySession {
	readonly relayKey: Uint8Array;
	readonly #line: RelayLine;
	#hasDialled = false;
	/** Questions go one after the other. */
	#last: Promise<unknown> = Promise.resolve();

	constructor(line: RelayLine, relayKey: Uint8Array) {
		this.#line = line;
		this.relayKey = relayKey;
	}

	discover(target: Uint8Array, { probe = false }: { probe?: boolean } = {}): Promise<RelayEndpoints> {
		const question = { type: 'discover', target: targetOption(target), ...(probe && { probe }) };
		this.#assertNotDialled();
		const asked = this.#last.then(() => {
			const answer = this.#line.answer('endpoints', readEndpoints);
			this.#line.say(question);
			return answer;
		});
		this.#last = asked.catch(() => {});
		return asked;
	}

	dial(target: Uint8Array): Transport {
		const key = targetOption(target);
		this.#assertNotDialled();
		this.#hasDialled = true;
		return new RelayTransport(this.#line, () => this.#last.then(() => call(this.#line, key)));
	}

	close(): void {
		if (!this.#hasDialled) this.#line.close(1000, '');
	}

	#assertNotDialled(): void {
		if (this.#hasDialled) throw new TypeError('this session has dialled: its connection leads to the peer now; open another session');
	}
}

function originOf(url: DialUrl): string {
	const origin = relayOrigin(url);
	if (origin === null) {
		throw new TransportError('URL_INVALID', `relay: expected an absolute ws: or wss: address, got ${JSON.stringify(withoutSecrets(String(url)))}`);
	}
	return origin;
}

/** @returns how the target is written. */
function targetOption(target: Uint8Array): string {
	return encodeBase64url(keyOption('target', target));
}

/** Dials and says who is there. The relay answers a proof with nothing, or by closing. @returns the relay's identity. */
async function introduce(line: RelayLine, { identity, relayKey: pinned }: RelayOptions): Promise<Uint8Array> {
	await line.open();
	const introduction = new Introduction({ identity, origin: line.settings.origin, relayKey: pinned, role: 'dialler' });
	const answered = line.answer('challenge', (frame) => introduction.answer(frame));
	line.say(introduction.hello());
	const { proof, relayKey } = await answered;
	line.say(proof);
	return relayKey;
}

/** Asks for the target; what follows its relay_ready, in the same turn or later, is its own. */
async function call(line: RelayLine, target: string): Promise<void> {
	const answered = line.answer('peer', (frame) => {
		readRelayMessage(frame, 'relay_ready');
		line.pipe();
	});
	line.say({ type: 'relay_dial', target });
	await answered;
}
