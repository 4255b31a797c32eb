import type { Payload, PluginHost, Wire } from '@linkscope/core';
import { createIdentity, defaultPrimitives, expand, type Primitives, RecordOpener, RecordSealer, type SuiteName, wipe } from '@linkscope/crypto';
import { isLinkscopeChannel, type LinkscopeChannel, type TakenOver } from '../linkscope-channel.js';
import { authenticate } from './authenticate.js';
import { Exporter } from './exporter.js';
import { capabilitiesOf, type LastControls, negotiate } from './negotiation.js';
import { RecordLayer } from './record-layer.js';
import { SecurePlugin } from './secure-plugin.js';
import { type Secured, securedByAuthentication } from './secured.js';
import { SecurityError, securityError } from './security-error.js';
import { SessionChannel, type SessionPeers } from './session-channel.js';
import { checkSuites, loadSuite, preferredSuites } from './suite-choice.js';

export interface EncryptionOptions {
	/** In order of preference: 'chacha20-poly1305', 'aes-256-gcm', 'xsalsa20-poly1305'. Default: all, the fastest on this platform first. */
	suites?: readonly SuiteName[];
	/** Without AuthenticationPlugin below: the largest application message this side takes, in bytes. Default 1 MiB, and never more than the transport takes less 1 KiB. */
	maxMessageBytes?: number;
	/** For tests. */
	primitives?: Primitives;
}

/** The session that encryption takes over from, and what is still to be said in it. */
interface Below {
	readonly channel: LinkscopeChannel;
	readonly taken: TakenOver;
	readonly controls: LastControls;
	readonly peers: SessionPeers;
	/** Its keys are not needed any more. */
	release(): void;
}

/**
 * Negotiates a suite and fresh keys inside the session of AuthenticationPlugin, and seals everything with them (docs/protocol.md#encryption).
 * Alone it authenticates a throw-away identity: safe from listeners, not from somebody in the middle, and the peer shows as 'unverified'.
 *
 * @throws SecurityError NO_COMMON_SUITE (close code 4401), PROTOCOL_ORDER (4402), MALFORMED_FRAME (4400); later DECRYPT_FAILED (4430), NONCES_USED_UP (4431), STREAM_TRUNCATED.
 */
export class EncryptionPlugin extends SecurePlugin {
	readonly name = 'encryption';
	readonly phase = ['ENCRYPTING', 'ENCRYPTED'] as const;
	protected readonly stage = 'encrypt';
	readonly #primitives: Primitives;
	readonly #suites: readonly SuiteName[];

	constructor({ suites, maxMessageBytes, primitives = defaultPrimitives() }: EncryptionOptions = {}) {
		super(maxMessageBytes);
		this.#primitives = primitives;
		this.#suites = suites === undefined ? preferredSuites(primitives) : checkSuites(suites);
	}

	/** What a dialling side offers, as it goes out: AuthenticationPlugin may say it. */
	get capabilities(): string {
		return capabilitiesOf(this.#suites);
	}

	protected async establish(wire: Wire, host: PluginHost): Promise<Secured> {
		const lower = wire.secure;
		if (isLinkscopeChannel(lower) && lower.takeOver && host.below !== 'authentication') {
			const text = `expected AuthenticationPlugin directly below, found ${host.below}: what stands between them would be neither sealed by the one nor by the other`;
			throw new SecurityError('encryption', 'SECURITY_ORDER', text);
		}
		const below = isLinkscopeChannel(lower) && lower.takeOver ? above(lower, lower.takeOver(), wire) : await this.#alone(wire, host);
		try {
			return await this.#takeOver(below, wire.initiator, host);
		} catch (error) {
			throw securityError('encryption', error, 'DECRYPT_FAILED');
		} finally {
			below.release();
		}
	}

	async #takeOver({ channel, taken, controls, peers }: Below, initiator: boolean, host: PluginHost): Promise<Secured> {
		const primitives = this.#primitives;
		const { suite: name, transcript } = await negotiate(controls, initiator, this.#suites, primitives);
		const suite = await loadSuite(name, primitives);
		const keys = trafficKeys(primitives, channel.exportSecret('encryption'), transcript);
		const [own, theirs] = initiator ? [keys.i2r, keys.r2i] : [keys.r2i, keys.i2r];
		const layer = new RecordLayer({
			host,
			kind: 'encryption',
			sealer: new RecordSealer({ suite, primitives, key: own }),
			opener: new RecordOpener({ suite, primitives, key: theirs }),
			maxMessageBytes: taken.maxMessageBytes,
			peerMaxMessageBytes: taken.peerMaxMessageBytes,
			mayHandOver: false,
		});
		const exporter = new Exporter(primitives, keys.exporter);
		return { layer, exporter, peers, channel: new SessionChannel(peers, exporter) };
	}

	/** An authentication with an identity that nobody will see again. */
	async #alone(wire: Wire, host: PluginHost): Promise<Below> {
		const primitives = this.#primitives;
		const identity = createIdentity(primitives);
		const maxMessageBytes = this.maxMessageBytes(host);
		const early = this.capabilities;
		const session = await authenticate(wire, { primitives, clock: host.clock, identity, throwAway: true, requestPairing: false, maxMessageBytes, early });
		const { layer, channel } = securedByAuthentication(session, identity, primitives, host, maxMessageBytes, early);
		const taken = (channel as Required<SessionChannel>).takeOver();
		const controls = lastControls(
			(json) => wire.send(layer.outgoing(json) as string),
			async () => layer.incoming(await wire.read()),
			taken,
		);
		const release = (): void => {
			layer.closed();
			taken.done();
		};
		return { channel, peers: { ...taken.peers, peer: 'unverified', verified: false }, taken, controls, release };
	}
}

/**
 * What docs/protocol.md#encryption makes of the exported secret, which is wiped with all between: whoever finds what is kept
 * cannot compute a record key, neither the first nor those that followed it.
 */
function trafficKeys(primitives: Primitives, exported: Uint8Array, transcript: Uint8Array): Record<'i2r' | 'r2i' | 'exporter', Uint8Array> {
	const secret = primitives.hmac('SHA256', transcript, exported);
	const key = (label: string): Uint8Array => expand(primitives, secret, new TextEncoder().encode(label));
	const keys = { i2r: key('i2r'), r2i: key('r2i'), exporter: key('exporter') };
	wipe(exported, secret);
	return keys;
}

/** The plugin below seals, opens, and says whether the peer has handed over. */
function above(channel: LinkscopeChannel, taken: TakenOver, wire: Wire): Below {
	const controls = lastControls(
		(json) => wire.send(json),
		() => wire.read(),
		taken,
	);
	return { channel, peers: taken.peers, taken, controls, release: () => taken.done() };
}

function lastControls(send: (json: string) => void, read: () => Promise<Payload | null>, taken: TakenOver): LastControls {
	return {
		send,
		early: taken.early,
		async read() {
			const frame = await read();
			if (frame === null || !taken.handedOver)
				throw new SecurityError('encryption', 'PROTOCOL_ORDER', 'expected the last message under the keys of authentication');
			return frame;
		},
	};
}
