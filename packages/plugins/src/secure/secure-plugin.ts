import type { CloseInfo, ConnectionState, Payload, Plugin, PluginHost, Wire } from '@linkscope/core';
import { integerOption } from '@linkscope/core';
import type { Exporter } from './exporter.js';
import { largestMessage, type RecordLayer } from './record-layer.js';
import type { Secured } from './secured.js';
import { SecurityError } from './security-error.js';
import type { SessionPeers } from './session-channel.js';

const MIB = 1024 * 1024;

/** Who is at the other end of a secured connection. */
export interface SecuredPeer {
	/** 'unverified' where a lone EncryptionPlugin made an identity up. */
	readonly fingerprint: string;
	/** Ed25519, 32 bytes. */
	readonly publicKey: Uint8Array;
	/** False for an identity that nobody will see again. */
	readonly verified: boolean;
}

/** What AuthenticationPlugin and EncryptionPlugin have in common: a handshake that leaves a record layer, through which everything then goes. */
export abstract class SecurePlugin implements Plugin {
	abstract readonly name: string;
	abstract readonly phase: readonly [ConnectionState, ConnectionState];
	protected abstract readonly stage: 'auth' | 'encrypt';
	/** Counters are nonces: a record that is lost or overtaken is an attack here. */
	readonly needs = { ordered: true, reliable: true };
	readonly #maxMessageBytes: number;
	#host: PluginHost | null = null;
	// Not the whole Secured: its channel is needed by those above alone, and an idle connection keeps little.
	#layer: RecordLayer | null = null;
	#exporter: Exporter | null = null;
	#peers: SessionPeers | null = null;
	#ended = false;

	protected constructor(maxMessageBytes: number | undefined) {
		this.#maxMessageBytes = integerOption('maxMessageBytes', maxMessageBytes, MIB, 1024, 2 ** 32 - 1);
	}

	/** Who is at the other end; null until the handshake is done. */
	get peer(): SecuredPeer | null {
		if (this.#peers === null) return null;
		const { peer, peerIdentity, verified } = this.#peers;
		return { fingerprint: peer, publicKey: peerIdentity.slice(), verified };
	}

	/** Runs the handshake of one side. */
	protected abstract establish(wire: Wire, host: PluginHost): Promise<Secured>;

	attach(host: PluginHost): void {
		this.#host = host;
	}

	async handshake(wire: Wire): Promise<void> {
		const host = this.#host as PluginHost;
		try {
			const secured = await this.establish(wire, host);
			this.#layer = secured.layer;
			this.#exporter = secured.exporter;
			this.#peers = secured.peers;
			if (this.#ended) return this.#release();
			wire.provideSecure(secured.channel);
			host.opaque();
			const { peer } = secured.channel;
			host.note({ kind: 'peer', fingerprint: peer });
			host.note({ kind: 'security', stage: this.stage, outcome: 'ok', peer });
		} catch (error) {
			if (error instanceof SecurityError && !this.#ended) host.note({ kind: 'security', stage: this.stage, outcome: 'refused', code: error.code });
			throw error;
		}
	}

	active(): void {
		this.#layer?.active();
		if (this.#peers?.paired === false) {
			throw new SecurityError(
				'pairing',
				'PAIRING_REQUIRED',
				'one side does not know the other, and no invite was proved: dial with an invite, or ask for a new one',
			);
		}
	}

	outgoing(payload: Payload): Payload | null {
		if (this.#layer !== null) return this.#layer.outgoing(payload);
		if (this.#ended) return null;
		throw new SecurityError('auth', 'SECURITY_ORDER', `a plugin above ${this.name} sent before the session was secured`);
	}

	incoming(payload: Payload): Payload | null {
		return this.#layer === null ? null : this.#layer.incoming(payload);
	}

	heldBytes(): number {
		return this.#layer === null ? 0 : this.#layer.heldBytes;
	}

	closing(): void {
		this.#layer?.closing();
	}

	ending(info: CloseInfo): undefined {
		this.#layer?.ending(info);
	}

	closed(): void {
		this.#ended = true;
		this.#release();
	}

	/** The largest message this side takes: what the transport takes, less what a record adds. */
	protected maxMessageBytes(host: PluginHost): number {
		return Math.min(this.#maxMessageBytes, largestMessage(host));
	}

	#release(): void {
		this.#layer?.closed();
		this.#exporter?.wipe();
	}
}
