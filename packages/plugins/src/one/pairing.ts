import { codeOf, HandshakeError, type Plugin, type PluginHost, type Wire } from '@linkscope/core';
import { equalBytes, type KeyPair, type OneObject, readBytes, readCommand, SEALED_CHALLENGE_BYTES, textOf } from '@linkscope/crypto/nacl';
import { asOneError, type OneChannel, requireOneChannel } from './channel.js';
import {
	identityCommand,
	instanceCommand,
	keysCommand,
	type OneParty,
	personCommand,
	readIdentity,
	readInstance,
	readKeys,
	readPerson,
} from './pairing-messages.js';
import { PersonProof } from './person-proof.js';

const GROUP = 'pairing';
const MAX_TOKEN_CHARS = 128;

/** What the initiator of a pairing opens its session with: `new OneSessionPlugin({ …, opening: ONE_PAIRING_OPENING })`. */
export const ONE_PAIRING_OPENING = JSON.stringify({ command: 'connection_group', connectionGroupName: GROUP });

export interface OnePairingOptions {
	/** This side, as the other will know it. The session's key is the person key of who accepts an invite, the instance key of who invited. */
	own: OneParty;
	/** The secret of `own.personKey`, 32 bytes. */
	personSecretKey: Uint8Array;
	/** The initiator's: from the invite. */
	token?: string;
	/** The inviter's: whether this token is good, and from now on used. */
	claim?(token: string): boolean;
}

/**
 * Pairs by an invite, over a ONE session: both sides prove their person keys, the initiator shows the invite's token, and both hand over who they are.
 * Above OneFragmentationPlugin. The initiator closes when it is ACTIVE.
 *
 * @throws from open(): HandshakeError INVITE_REFUSED (close code 4410), AUTH_FAILED and PEER_MISMATCH (4401), PROTOCOL_ORDER (4402), MALFORMED_FRAME (4400).
 */
export class OnePairingPlugin implements Plugin {
	readonly name = 'one-pairing';
	readonly phase = ['PAIRING', 'PAIRED'] as const;
	readonly #options: OnePairingOptions;
	#host: PluginHost | null = null;
	#peer: OneParty | null = null;

	constructor(options: OnePairingOptions) {
		this.#options = options;
	}

	/** Who the other side is; null until it is paired. */
	get peer(): OneParty | null {
		return this.#peer;
	}

	attach(host: PluginHost): void {
		this.#host = host;
	}

	async handshake(wire: Wire): Promise<void> {
		const channel = requireOneChannel(this.name, wire.secure);
		// Kept: a peer may close in the very turn of its last message.
		const host = this.#host;
		try {
			this.#peer = await new Pairing(wire, channel, this.#options).run();
			host?.note({ kind: 'security', stage: 'pair', outcome: 'ok', peer: channel.peer });
		} catch (error) {
			if (!wire.signal.aborted) host?.note({ kind: 'security', stage: 'pair', outcome: 'refused', peer: channel.peer, code: codeOf(error) ?? undefined });
			throw asOneError(error);
		}
	}

	closed(): void {
		this.#host = null;
	}
}

/** The conversation; what both sides say is said before the other is listened to. */
class Pairing {
	readonly #wire: Wire;
	readonly #channel: OneChannel;
	readonly #options: OnePairingOptions;

	constructor(wire: Wire, channel: OneChannel, options: OnePairingOptions) {
		this.#wire = wire;
		this.#channel = channel;
		this.#options = options;
	}

	async run(): Promise<OneParty> {
		const { initiator } = this.#channel;
		await (initiator ? this.#join() : this.#admit());
		const { own } = this.#options;
		this.#say(personCommand(own));
		const email = readPerson(await this.#hear('person_id_object'));
		this.#say(keysCommand(own));
		const keys = readKeys(await this.#hear('keys_object'), email);
		if (!initiator && !equalBytes(keys.personKey, this.#channel.peerKey)) throw mismatch('the person key is not the key of the session');
		await this.#provePersons(keys.personKey);
		this.#say(instanceCommand(own));
		const instanceName = readInstance(await this.#hear('instance_id_object'), email);
		const peer = await (initiator ? this.#showToken() : this.#takeToken());
		this.#check(peer, { email, instanceName, ...keys });
		return peer;
	}

	async #join(): Promise<void> {
		if (this.#options.token === undefined) throw new TypeError('token, of the invite, is needed by the initiator of a pairing');
		if (this.#channel.opening !== ONE_PAIRING_OPENING) this.#wire.send(ONE_PAIRING_OPENING);
		await this.#hear('sync');
	}

	async #admit(): Promise<void> {
		const group = textOf(await this.#hear('connection_group'), 'connectionGroupName', 64);
		if (group !== GROUP) throw new HandshakeError('PROTOCOL_ORDER', 'ONE: the peer wants another group than pairing');
		this.#say({ command: 'sync' });
	}

	/** The inviter asks first. */
	async #provePersons(theirKey: Uint8Array): Promise<void> {
		const { own, personSecretKey } = this.#options;
		const keys: KeyPair = { publicKey: own.personKey, secretKey: personSecretKey };
		const proof = new PersonProof(keys, theirKey);
		try {
			if (this.#channel.initiator) this.#wire.send(proof.answer(await this.#hearBytes()));
			this.#wire.send(proof.ask());
			if (!proof.isAnswer(await this.#hearBytes())) throw new HandshakeError('AUTH_FAILED', 'ONE: the peer did not prove the person key it named');
			if (!this.#channel.initiator) this.#wire.send(proof.answer(await this.#hearBytes()));
		} finally {
			proof.forget();
		}
	}

	async #showToken(): Promise<OneParty> {
		this.#say({ command: 'authentication_token', token: this.#options.token });
		const peer = readIdentity(await this.#hear('identity'));
		this.#say(identityCommand(this.#options.own));
		return peer;
	}

	async #takeToken(): Promise<OneParty> {
		const token = textOf(await this.#hear('authentication_token'), 'token', MAX_TOKEN_CHARS);
		// Unknown, used and ended are one answer: nobody learns which.
		if (this.#options.claim?.(token) !== true)
			throw new HandshakeError('INVITE_REFUSED', 'ONE: the token is unknown, used or no longer good: a new invite is needed');
		this.#say(identityCommand(this.#options.own));
		return readIdentity(await this.#hear('identity'));
	}

	/** What the peer says of itself at the end must be what it has proved. */
	#check(peer: OneParty, proved: Pick<OneParty, 'email' | 'instanceName' | 'personKey' | 'personSignKey'>): void {
		const sameNames = peer.email === proved.email && peer.instanceName === proved.instanceName;
		const sameKeys = equalBytes(peer.personKey, proved.personKey) && equalBytes(peer.personSignKey, proved.personSignKey);
		if (!sameNames || !sameKeys) throw mismatch('the identity is not the one that was shown before');
		if (this.#channel.initiator && !equalBytes(peer.instanceKey, this.#channel.peerKey)) throw mismatch('the instance key is not the key of the session');
	}

	#say(command: object): void {
		this.#wire.send(JSON.stringify(command));
	}

	async #hear(command: string): Promise<OneObject> {
		return readCommand(await this.#wire.read(), command);
	}

	async #hearBytes(): Promise<Uint8Array> {
		return readBytes(await this.#wire.read(), SEALED_CHALLENGE_BYTES, 'a challenge or its answer');
	}
}

function mismatch(what: string): HandshakeError {
	return new HandshakeError('PEER_MISMATCH', `ONE: ${what}`);
}
