import { bytesField, type ControlObject, encodeBase64url, equalBytes, listField, parseControlJson, relayProofBytes, textField } from '@linkscope/crypto';
import type { Hints } from '../cluster/cluster.js';
import { bareKey, nativeKey } from '../registration-key.js';
import { RelayError } from '../relay-error.js';
import type { Conversation, Session, SessionParts } from '../session.js';
import type { WaitingWords } from '../spare.js';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const MAX_HINTS = 8;
const MAX_DISCOVERS = 8;
const NO_HINTS: Hints = { direct: [], relays: [], transports: [] };

const PONG = 'relay_pong';

const WORDS: WaitingWords = {
	ping: JSON.stringify({ type: 'relay_ping' }),
	isPong: (text) => parseControlJson(text).type === PONG,
	announce: ({ from }) => [JSON.stringify({ type: 'relay_incoming', from: bareKey(from) })],
};

/** What came in the hello, until the proof has been looked at. */
interface Hello {
	origin: string;
	/** The relay's identity where the client pinned it. */
	relayKey: Uint8Array | undefined;
	clientNonce: Uint8Array;
	relayNonce: Uint8Array;
	key: Uint8Array;
}

/** docs/protocol.md#relay, the relay's side: hello, proof, and what a dialler asks. */
export class NativeConversation implements Conversation {
	readonly isOne = false;
	readonly #session: Session;
	readonly #parts: SessionParts;
	#hello: Hello | null = null;
	/** Of a dialler, once it is proved. */
	#key: string | null = null;
	#discovers = 0;

	constructor(session: Session, parts: SessionParts) {
		this.#session = session;
		this.#parts = parts;
	}

	receive(text: string): void {
		const message = parseControlJson(text);
		const type = textField(message, 'type');
		if (this.#key !== null) this.#takeRequest(type, message, this.#key);
		else if (this.#hello !== null && type === 'relay_proof') this.#takeProof(message, this.#hello);
		else if (this.#hello === null && type === 'relay_hello') this.#takeHello(message);
		else this.#session.refuse('PROTOCOL_ORDER');
	}

	#takeHello(message: ControlObject): void {
		const { keys } = this.#parts;
		const origin = textField(message, 'origin');
		const key = bytesField(message, 'key', KEY_BYTES);
		const clientNonce = bytesField(message, 'nonce', KEY_BYTES);
		const relayKey = message.relay === undefined ? undefined : bytesField(message, 'relay', KEY_BYTES);
		if (message.v !== 1) return this.#session.refuse('AUTH_FAILED');
		if (!this.#parts.isOwnOrigin(origin)) return this.#session.refuse('RELAY_ORIGIN_UNKNOWN');
		if (relayKey !== undefined && !equalBytes(relayKey, keys.identity.publicKey)) return this.#session.refuse('PEER_MISMATCH');
		this.#hello = { origin, relayKey, clientNonce, relayNonce: keys.primitives.randomBytes(KEY_BYTES), key };
		this.#session.socket.send(JSON.stringify(this.#challenge(this.#hello)));
	}

	#challenge(hello: Hello): object {
		const { identity } = this.#parts.keys;
		const challenge = { type: 'relay_challenge', key: encodeBase64url(identity.publicKey), nonce: encodeBase64url(hello.relayNonce) };
		if (hello.relayKey === undefined) return challenge;
		return { ...challenge, signature: encodeBase64url(identity.sign(relayProofBytes({ ...hello, role: 'S' }))) };
	}

	#takeProof(message: ControlObject, hello: Hello): void {
		const role = textField(message, 'role');
		if (role !== 'listener' && role !== 'dialler') throw malformed('"role" must be listener or dialler');
		const signature = bytesField(message, 'signature', SIGNATURE_BYTES);
		const hints = role === 'listener' ? readHints(message) : NO_HINTS;
		const signed = relayProofBytes({ ...hello, role: role === 'listener' ? 'L' : 'D' });
		if (!this.#parts.keys.primitives.ed25519.verify(hello.key, signed, signature)) return this.#session.refuse('AUTH_FAILED');
		const key = nativeKey(hello.key);
		this.#hello = null;
		if (role === 'dialler') this.#key = key;
		else this.#session.wait({ key, hints, words: WORDS }, JSON.stringify({ type: 'relay_registered', ping_interval_ms: this.#parts.pingIntervalMs }));
	}

	#takeRequest(type: string, message: ControlObject, from: string): void {
		const session = this.#session;
		if (type !== 'relay_dial' && type !== 'discover') return session.refuse('PROTOCOL_ORDER');
		const target = nativeKey(bytesField(message, 'target', KEY_BYTES));
		if (type === 'relay_dial') return session.run(() => this.#parts.calls.dial({ from, target }, session));
		const { probe = false } = message;
		if (typeof probe !== 'boolean') throw malformed('"probe" must be true or false');
		if (++this.#discovers > MAX_DISCOVERS) return session.refuse('RELAY_QUOTA');
		session.run(() => this.#discover(target, probe));
	}

	async #discover(target: string, isProbe: boolean): Promise<void> {
		const { socket } = this.#session;
		socket.hold();
		const found = await this.#parts.calls.discover(target, isProbe);
		if (!socket.isOpen) return;
		if (found === null) return this.#session.refuse('RELAY_RATE');
		const { isRegistered, direct, relays, transports, isAlive } = found;
		// JSON leaves out what is undefined.
		socket.send(JSON.stringify({ type: 'endpoints', registered: isRegistered, direct, relays, transports, alive: isAlive }));
		socket.resume();
	}
}

function readHints(message: ControlObject): Hints {
	const [direct, relays, transports] = ['endpoints', 'relays', 'transports'].map((key) => {
		const list = message[key] === undefined ? [] : listField(message, key);
		if (list.length > MAX_HINTS) throw malformed(`"${key}" must have at most ${MAX_HINTS} entries`);
		return list;
	}) as [readonly string[], readonly string[], readonly string[]];
	return direct.length + relays.length + transports.length === 0 ? NO_HINTS : { direct, relays, transports };
}

function malformed(what: string): RelayError {
	return new RelayError('MALFORMED_FRAME', `relay message: ${what}`);
}
