import { randomBytes } from 'node:crypto';
import { type Clock, CloseCode, closeCodeFor, codeOf } from '@linkscope/core';
import { bytesField, type ControlObject, encodeBase64url, integerField, parseControlJson, textField } from '@linkscope/crypto';
import { RelayError } from '../relay-error.js';
import type { RelaySocket, SocketEnd } from '../wire/relay-socket.js';
import type { Call, LocalNode } from './cluster.js';
import { isSameProof, type NodeExchange, nodeProof } from './node-proof.js';

const VERSION = 1;
const NONCE_BYTES = 32;
const PROOF_BYTES = 32;
const TIMEOUT_MS = 3_000;

export interface NodeTerms {
	/** Address of the node that is called, as it publishes it. */
	url: string;
	/** Of the cluster. */
	secret: string;
	clock: Clock;
}

/**
 * The side that is called: takes the call of another node of this cluster, for what waits here and nowhere else.
 * @returns whether a node of the cluster spoke; where nobody took its call, the socket has been closed.
 * @see docs/protocol.md#between-nodes
 */
export function answerNode(socket: RelaySocket, local: LocalNode, { url, secret, clock }: NodeTerms): Promise<boolean> {
	return new Promise((resolve) => {
		const answererNonce = randomBytes(NONCE_BYTES);
		const talk = startTalk(socket, clock, (text) => {
			const message = readMessage(text, 'node_call');
			const call: Call = { from: textField(message, 'from'), target: textField(message, 'target') };
			const exchange: NodeExchange = { url, answererNonce, callerNonce: bytesField(message, 'nonce', NONCE_BYTES), call };
			checkProof(nodeProof(secret, 'C', exchange), message);
			talk.end();
			resolve(true);
			const accept = (): RelaySocket => {
				socket.send(JSON.stringify({ type: 'node_accepted', mac: encodeBase64url(nodeProof(secret, 'A', exchange)) }));
				return socket;
			};
			if (!local.connect(call, accept)) socket.close(CloseCode.NOT_REGISTERED, 'NOT_REGISTERED');
		});
		void talk.closed.then(() => resolve(false));
		socket.send(JSON.stringify({ type: 'node_challenge', v: VERSION, nonce: encodeBase64url(answererNonce) }));
	});
}

/**
 * The side that calls.
 * @returns null where the call was taken: the socket is held, for the splice. Otherwise how it ended: 4404 where nobody waits there, 4401 where the secrets differ.
 */
export function callNode(socket: RelaySocket, call: Call, { url, secret, clock }: NodeTerms): Promise<SocketEnd | null> {
	return new Promise((resolve) => {
		let exchange: NodeExchange | null = null;
		const talk = startTalk(socket, clock, (text) => {
			if (exchange === null) {
				const message = readMessage(text, 'node_challenge');
				integerField(message, 'v', VERSION, VERSION);
				exchange = { url, answererNonce: bytesField(message, 'nonce', NONCE_BYTES), callerNonce: randomBytes(NONCE_BYTES), call };
				const proof = { nonce: encodeBase64url(exchange.callerNonce), mac: encodeBase64url(nodeProof(secret, 'C', exchange)) };
				socket.send(JSON.stringify({ type: 'node_call', ...call, ...proof }));
				return;
			}
			checkProof(nodeProof(secret, 'A', exchange), readMessage(text, 'node_accepted'));
			talk.end();
			resolve(null);
		});
		void talk.closed.then(resolve);
	});
}

/** Lets a socket talk to us within its time; what it must not say ends it. `end()` from within `take` holds it for what comes next. */
function startTalk(socket: RelaySocket, clock: Clock, take: (text: string) => void): { end(): void; closed: Promise<SocketEnd> } {
	const stopWaiting = clock.after(TIMEOUT_MS, () => socket.close(CloseCode.TIMEOUT, 'HANDSHAKE_TIMEOUT'));
	const closed = new Promise<SocketEnd>((resolve) => {
		socket.start({
			text(text) {
				try {
					take(text);
				} catch (error) {
					socket.close(closeCodeFor(error), codeOf(error) ?? 'INTERNAL');
				}
			},
			closed(end) {
				stopWaiting();
				resolve(end);
			},
		});
	});
	const end = (): void => {
		stopWaiting();
		socket.hold();
	};
	return { end, closed };
}

function readMessage(text: string, type: string): ControlObject {
	const message = parseControlJson(text);
	if (message.type !== type) throw new RelayError('PROTOCOL_ORDER', `expected ${type} of the other node`);
	return message;
}

function checkProof(expected: Buffer, message: ControlObject): void {
	if (!isSameProof(expected, bytesField(message, 'mac', PROOF_BYTES)))
		throw new RelayError('AUTH_FAILED', 'the other node does not know the secret of this cluster');
}
