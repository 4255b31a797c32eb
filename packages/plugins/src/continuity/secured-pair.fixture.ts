import { createHash } from 'node:crypto';
import { Connection, type ConnectionOptions, type Payload, type Plugin, type SecureChannel } from '@linkscope/core';
import { createMemoryPair, type MemoryPairOptions, type MemoryTransport } from '@linkscope/core/testing';
import type { LinkscopeChannel } from '../linkscope-channel.js';

export type Person = 'client' | 'server' | 'stranger';

const identityOf = (person: Person): Uint8Array => new Uint8Array(32).fill(person.length);
const digest = (text: string): Uint8Array => Uint8Array.from(createHash('sha256').update(text).digest());
let channels = 0;

/** What authentication would give: both ends know who the other is, and share what nobody else knows. */
export function fakeChannels(dialling: Person = 'client', accepting: Person = 'server', verified = true): [LinkscopeChannel, LinkscopeChannel] {
	const name = `channel ${++channels}`;
	const channel = (self: Person, peer: Person): LinkscopeChannel => ({
		protocol: 'linkscope/1',
		identity: { publicKey: identityOf(self), fingerprint: self, sign: () => new Uint8Array(64) },
		peerIdentity: identityOf(peer),
		peer,
		verified,
		pairing: 'none',
		sessionId: Buffer.from(digest(`session ${name}`))
			.subarray(0, 16)
			.toString('base64url'),
		binding: digest(`binding ${name}`),
		exportSecret: (label) => digest(`${label} ${name}`),
		markPaired: () => {},
	});
	return [channel(dialling, accepting), channel(accepting, dialling)];
}

/** Provides a channel without saying anything. */
export function securing(channel: SecureChannel): Plugin {
	return { name: 'fake-authentication', handshake: async (wire) => wire.provideSecure(channel) };
}

export interface SecuredPairOptions extends MemoryPairOptions {
	dialling?: Person;
	accepting?: Person;
	/** What stands in the chain above each end's channel. */
	left: readonly Plugin[];
	right: readonly Plugin[];
	connection?: ConnectionOptions;
	verified?: boolean;
}

/** Two connections over memory, with a fake authenticated channel under the plugins. Not open yet. */
export class SecuredPair {
	readonly left: Connection;
	readonly right: Connection;
	readonly ends: readonly [MemoryTransport, MemoryTransport];
	/** What each end put on the wire. */
	readonly fromLeft: Payload[] = [];
	readonly fromRight: Payload[] = [];

	constructor(options: SecuredPairOptions) {
		this.ends = createMemoryPair(options);
		record(this.ends[0], this.fromLeft);
		record(this.ends[1], this.fromRight);
		const [near, far] = fakeChannels(options.dialling, options.accepting, options.verified);
		const common = { ...options.connection, clock: options.clock };
		this.left = new Connection(this.ends[0], { ...common, plugins: [securing(near), ...options.left] });
		this.right = new Connection(this.ends[1], { ...common, plugins: [securing(far), ...options.right], initiator: false });
	}

	/** Settles when both ends are ACTIVE or have failed. @returns the codes of what failed, left and right. */
	async open(): Promise<[string | null, string | null]> {
		const results = await Promise.allSettled([this.left.open(), this.right.open()]);
		return results.map((result) => (result.status === 'rejected' ? (result.reason.code ?? String(result.reason)) : null)) as [string | null, string | null];
	}

	/** Both ends learn at once that the way between them is gone. */
	cut(): void {
		this.left.terminate();
		this.right.terminate();
	}
}

function record(end: MemoryTransport, sent: Payload[]): void {
	const send = end.send.bind(end);
	end.send = (payload) => {
		sent.push(typeof payload === 'string' ? payload : payload.slice());
		return send(payload);
	};
}
