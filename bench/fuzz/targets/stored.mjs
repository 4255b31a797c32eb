import { createIdentity, encodeBase64url, exportIdentity, importIdentity, createInvite as issueInvite, nodePrimitives as primitives } from '@linkscope/crypto';
import { createInviteBook, createTrustStore, memoryStorage, readRotation, signRotation } from '@linkscope/plugins';
import { isCoded } from './is-coded.mjs';

const seeded = (value) => createIdentity(primitives, new Uint8Array(32).fill(value));
const [alice, bob] = [seeded(1), seeded(2)];
const id = encodeBase64url(new Uint8Array(16));

/** A storage that holds one text under every name. */
function holding(text) {
	return { read: async () => text, update: async (_, change) => void change(text), where: () => 'the storage' };
}

/** What a storage holds after some work. */
async function stored(work) {
	const texts = [];
	const storage = memoryStorage();
	const update = (name, change) =>
		storage.update(name, (current) => {
			const text = change(current);
			texts.push(text);
			return text;
		});
	await work({ read: (name) => storage.read(name), update, where: (name) => storage.where(name) });
	return texts;
}

const trustTexts = await stored(async (storage) => {
	const store = createTrustStore(storage);
	await store.put({ identity: alice.publicKey, level: 'paired', inviteId: id, connectionId: id, label: 'Ālice "the first"' });
	await store.put({ identity: bob.publicKey, level: 'pinned' });
	await store.revoke(bob.publicKey);
});
const inviteTexts = await stored(async (storage) => {
	const book = createInviteBook({ storage });
	const invites = [1, 2].map((uses) => issueInvite(primitives, { identity: alice, endpoints: ['wss://a.example'], nowMs: Date.now(), uses }));
	for (const invite of invites) await book.add(invite);
	await book.revoke(invites[0].id);
});
const identityTexts = [await exportIdentity(primitives, alice), await exportIdentity(primitives, bob, { passphrase: 'x' })];

/** @type {import('../fuzz-target.mjs').Target} */
export const trustStoreText = {
	samples: () => trustTexts,
	run: async (text) => void (await createTrustStore(holding(text)).list()),
	isExpected: isCoded('STORE_UNREADABLE'),
};

/** @type {import('../fuzz-target.mjs').Target} */
export const inviteBookText = {
	samples: () => inviteTexts,
	run: async (text) => void (await createInviteBook({ storage: holding(text) }).list()),
	isExpected: isCoded('STORE_UNREADABLE'),
};

/** Without a passphrase: a guess takes 100 ms by design. @type {import('../fuzz-target.mjs').Target} */
export const identityText = {
	samples: () => identityTexts,
	async run(text) {
		const { publicKey } = await importIdentity(primitives, text).catch((error) => {
			// The sealed sample is a valid one.
			if (error.code === 'IDENTITY_PASSPHRASE') return alice;
			throw error;
		});
		if (publicKey.length !== 32) throw new Error('no public key came out');
	},
	isExpected: isCoded('IDENTITY_MALFORMED'),
};

/** @type {import('../fuzz-target.mjs').Target} */
export const rotationText = {
	samples: () => [signRotation(alice, bob, 1_763_700_000_000), signRotation(bob, alice, 0)],
	run: (text) => void readRotation(text),
	isExpected: isCoded('IDENTITY_MALFORMED'),
};
