import type { Plugin } from '@linkscope/core';
import { aeadSuite, encodeBase64url, RecordFlag, RecordOpener, RecordSealer } from '@linkscope/crypto';
import { expect, test } from 'vitest';
import { AuthenticationPlugin } from './authentication.js';
import { EncryptionPlugin } from './encryption.js';
import { type Facing, facing } from './fixtures/facing.js';
import { HandMade } from './fixtures/hand-made.js';
import { alice, bob, primitives } from './fixtures/pair.js';

// Every sequence of messages up to this length; one that was refused is not continued, because nothing is read after it.
const LONGEST = 5;

/** Where the honest peer's turn is, and the peer. */
interface Walk {
	readonly end: Facing;
	readonly peer: HandMade;
	capabilities: string;
}

type Move = (walk: Walk) => Promise<void>;

const CAPABILITIES = { type: 'encryption_capabilities', suites: ['chacha20-poly1305'] };
const PARAMETERS = { type: 'encryption_parameters', suite: 'chacha20-poly1305' };

/** Well-formed, but for what only the right moment can give it. */
const worthless: Record<string, string> = {
	auth: JSON.stringify({ type: 'auth', v: 1, e: encodeBase64url(primitives.x25519.generate().publicKey), timestamp: 1 }),
	challenge: JSON.stringify({ type: 'challenge', nonce: 'AA', algorithm: 'x', static: 'AA', sealed: 'AA' }),
	response: JSON.stringify({ type: 'response', proof: 'AA', sealed: 'AA' }),
	auth_success: JSON.stringify({ type: 'auth_success', capabilities: [], max_message_bytes: 1024, pairing: 'none' }),
	encryption_capabilities: JSON.stringify(CAPABILITIES),
	encryption_parameters: JSON.stringify(PARAMETERS),
	pair_request: JSON.stringify({ type: 'pair_request', invite: 'AA', public_key: 'AA' }),
};
const types = Object.keys(worthless);

/** Every message there is, at any time: sealed as soon as there are keys. 'record' is one of them, 'clear' a text without any sense. */
const moves: Record<string, Move> = {
	...Object.fromEntries(types.map((type) => [`${type} in the clear`, ({ end }: Walk) => end.send(worthless[type] as string)])),
	...Object.fromEntries(
		types.map((type) => [
			`${type} sealed`,
			async ({ end, peer }: Walk) => {
				const message = JSON.parse(worthless[type] as string);
				await end.send(peer.sealer ? peer.control(message) : JSON.stringify({ type, sealed: 'AAAA' }));
			},
		]),
	),
	'a record': ({ end, peer }) => end.send(peer.sealer ? peer.record() : new Uint8Array(40).fill(1)),
	'a record that hands over': ({ end, peer }) => end.send(peer.sealer ? peer.record('', RecordFlag.HAND_OVER) : new Uint8Array(40).fill(1)),
	'a message of nobody that hands over': ({ end, peer }) =>
		end.send(peer.sealer ? peer.control({ type: 'hello' }, RecordFlag.HAND_OVER) : JSON.stringify({ type: 'hello', sealed: 'AAAA' })),
	'pair_request that hands over': ({ end, peer }) =>
		end.send(peer.sealer ? peer.control({ type: 'pair_request' }, RecordFlag.HAND_OVER) : new Uint8Array(40).fill(1)),
};

/** What an honest peer says, one message after the other. */
const towardsResponder: Record<string, Move> = {
	async auth({ end, peer }) {
		await end.send(peer.auth());
		peer.readChallenge(await end.read());
	},
	async response({ end, peer }) {
		await end.send(peer.response());
		peer.openControl(await end.read());
	},
};
/** The other order that is allowed: what is offered comes without waiting for auth_success. */
const responseAndCapabilities: Record<string, Move> = {
	auth: towardsResponder.auth as Move,
	async 'response and capabilities'(walk) {
		const { end, peer } = walk;
		walk.capabilities = JSON.stringify(CAPABILITIES);
		const response = peer.response();
		await end.send(response, peer.control(CAPABILITIES, RecordFlag.HAND_OVER));
		peer.openControl(await end.read());
		takeOver(walk, peer.openControl(await end.read()), 'i2r');
	},
};
const capabilities: Record<string, Move> = {
	async capabilities(walk) {
		walk.capabilities = JSON.stringify(CAPABILITIES);
		await walk.end.send(walk.peer.control(CAPABILITIES, RecordFlag.HAND_OVER));
		takeOver(walk, walk.peer.openControl(await walk.end.read()), 'i2r');
	},
};
const towardsInitiator: Record<string, Move> = {
	async challenge({ end, peer }) {
		peer.readAuth(await end.read());
		await end.send(peer.challenge());
		peer.readResponse(await end.read());
	},
	success: ({ end, peer }) => end.send(peer.success()),
};
const parameters: Record<string, Move> = {
	async parameters(walk) {
		walk.capabilities = walk.peer.openControl(await walk.end.read());
		await walk.end.send(walk.peer.control(PARAMETERS, RecordFlag.HAND_OVER));
		takeOver(walk, JSON.stringify(PARAMETERS), 'r2i');
	},
};
const record: Record<string, Move> = { record: moves['a record'] as Move };

const models: Record<string, { initiator: boolean; plugins: () => Plugin[]; honest: Record<string, Move> }> = {
	'a responder that authenticates': {
		initiator: false,
		plugins: () => [new AuthenticationPlugin({ identity: bob })],
		honest: { ...towardsResponder, ...record },
	},
	'an initiator that authenticates': {
		initiator: true,
		plugins: () => [new AuthenticationPlugin({ identity: bob })],
		honest: { ...towardsInitiator, ...record },
	},
	'a responder that authenticates and encrypts': {
		initiator: false,
		plugins: () => [new AuthenticationPlugin({ identity: bob }), new EncryptionPlugin()],
		honest: { ...towardsResponder, ...capabilities, ...record },
	},
	'an initiator that authenticates and encrypts': {
		initiator: true,
		plugins: () => [new AuthenticationPlugin({ identity: bob }), new EncryptionPlugin()],
		honest: { ...towardsInitiator, ...parameters, ...record },
	},
	'a responder that hears the capabilities early': {
		initiator: false,
		plugins: () => [new AuthenticationPlugin({ identity: bob }), new EncryptionPlugin()],
		honest: { ...responseAndCapabilities, ...record },
	},
	'an initiator that says its capabilities early': {
		initiator: true,
		plugins: () => speakingFor(new EncryptionPlugin()),
		honest: { ...towardsInitiator, ...parameters, ...record },
	},
	'a responder that encrypts': { initiator: false, plugins: () => [new EncryptionPlugin()], honest: { ...towardsResponder, ...capabilities, ...record } },
	'an initiator that encrypts': { initiator: true, plugins: () => [new EncryptionPlugin()], honest: { ...towardsInitiator, ...parameters, ...record } },
};

function speakingFor(encryption: EncryptionPlugin): Plugin[] {
	return [new AuthenticationPlugin({ identity: bob, encryption }), encryption];
}

test.each(Object.entries(models))('%s takes what its model says, and 4402 is the answer to every other sequence of messages', async (_, model) => {
	const path = Object.entries(model.honest);
	for (let length = 0; length < LONGEST; length++) {
		const steps = path.slice(0, Math.min(length, path.length));
		while (steps.length < length) steps.push(path.at(-1) as [string, Move]);
		for (const [name, move] of Object.entries(moves)) {
			// In its place a record is what the model expects; and so is the one message that must be well-formed to be looked at.
			const next = path[length]?.[0];
			if (name === 'a record' && (next === 'record' || length >= path.length)) continue;
			const walk = await walked(model, steps);
			await move(walk);
			const { state, closeInfo } = walk.end.connection;
			const got = `${steps.map(([step]) => step).join(', ')}; then ${name}: ${state} ${closeInfo?.code} ${closeInfo?.reason}`;
			if (isExpectedType(name, next)) expect(got).not.toMatch(/FAILED (?:4402|4500)/);
			else expect(got).toContain('FAILED 4402 PROTOCOL_ORDER');
			expect(walk.end.received.filter((message) => message !== 'text')).toEqual([]);
			if (state === 'FAILED') expect(walk.end.clock.pending).toBeLessThanOrEqual(1); // the bound of the transport's close, until the peer answers
		}
	}
});

/** A message of the expected type is taken or refused for what is in it. */
function isExpectedType(name: string, next: string | undefined): boolean {
	const expected: Record<string, string> = {
		auth: 'auth',
		response: 'response',
		'response and capabilities': 'response',
		challenge: 'challenge',
		success: 'auth_success sealed',
	};
	return next !== undefined && `${name} `.startsWith(`${expected[next]} `);
}

async function walked(model: { initiator: boolean; plugins: () => Plugin[] }, steps: readonly [string, Move][]): Promise<Walk> {
	const end = await facing(model.plugins(), model.initiator);
	const walk: Walk = { end, peer: new HandMade(model.initiator ? 'responder' : 'initiator', alice), capabilities: '' };
	if (steps.length === 0 && model.initiator) await end.read();
	for (const [, step] of steps) await step(walk);
	expect(end.connection.closeInfo).toBe(null);
	return walk;
}

/** docs/protocol.md#encryption, once more by hand. */
function takeOver({ peer, capabilities: offer }: Walk, choice: string, own: 'i2r' | 'r2i'): void {
	const suite = aeadSuite('chacha20-poly1305', primitives);
	const counted = (text: string) => Uint8Array.of(0, 0, text.length >> 8, text.length & 255, ...new TextEncoder().encode(text));
	const transcript = primitives.hash('SHA256', counted(offer), counted(choice));
	const secret = primitives.hmac('SHA256', transcript, peer.exported('encryption'));
	const key = (label: string) => primitives.hmac('SHA256', secret, new TextEncoder().encode(label), Uint8Array.of(1));
	peer.sealer = new RecordSealer({ suite, primitives, key: key(own) });
	peer.opener = new RecordOpener({ suite, primitives, key: key(own === 'i2r' ? 'r2i' : 'i2r') });
}
