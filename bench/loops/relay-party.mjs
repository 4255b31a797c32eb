import { randomBytes } from 'node:crypto';
import { createIdentity, defaultPrimitives, encodeBase64url, relayOrigin, relayProofBytes } from '@linkscope/crypto';
import { answerChallenge, boxKeyPair, bytesToHex, hexToBytes } from '@linkscope/crypto/nacl';
import { Line } from './relay-line.mjs';

const primitives = defaultPrimitives();

/** A client of the native protocol (docs/protocol.md#relay), with no more than it needs. */
export class NativeParty {
	static ping = '{"type":"relay_ping"}';
	static pong = '{"type":"relay_pong"}';
	#identity = createIdentity(primitives);

	get key() {
		return encodeBase64url(this.#identity.publicKey);
	}

	/** @param wrongly signs something else. */
	async prove(url, role, { wrongly = false } = {}) {
		const line = await Line.dial(url);
		const clientNonce = randomBytes(32);
		const origin = relayOrigin(url);
		const { nonce } = await line.ask({ type: 'relay_hello', v: 1, origin, key: this.key, nonce: encodeBase64url(clientNonce) });
		const relayNonce = wrongly ? clientNonce : Buffer.from(nonce, 'base64url');
		const proof = { role: role === 'listener' ? 'L' : 'D', origin, relayKey: undefined, relayNonce, clientNonce, key: this.#identity.publicKey };
		line.say({ type: 'relay_proof', role, signature: encodeBase64url(this.#identity.sign(relayProofBytes(proof))) });
		return line;
	}

	/** Resolves when it waits. */
	async listen(url) {
		const line = await this.prove(url, 'listener');
		await line.next();
		return line;
	}

	/** That it went well, only the target's first message says. */
	async call(url, target) {
		const line = await this.prove(url, 'dialler');
		line.say({ type: 'relay_dial', target });
		return line;
	}

	/** Answers pings. Resolves when the listener is called. */
	static called(line) {
		return answerPings(line, NativeParty);
	}
}

/** A client of ONE's. */
export class OneParty {
	static ping = '{"command":"ping"}';
	static pong = '{"command":"pong"}';
	#keys = boxKeyPair();

	get key() {
		return bytesToHex(this.#keys.publicKey);
	}

	async listen(url) {
		const line = await Line.dial(url);
		const { publicKey, challenge } = await line.ask({ command: 'register', publicKey: this.key });
		const response = answerChallenge(hexToBytes(challenge), hexToBytes(publicKey), this.#keys.secretKey);
		await line.ask({ command: 'authentication_response', response: bytesToHex(response) });
		return line;
	}

	async call(url, target) {
		const line = await Line.dial(url);
		line.say({ command: 'communication_request', sourcePublicKey: this.key, targetPublicKey: target });
		return line;
	}

	static async called(line) {
		await answerPings(line, OneParty);
		await line.next();
	}
}

async function answerPings(line, { ping, pong }) {
	while ((await line.next()) === ping) line.socket.send(pong);
}
