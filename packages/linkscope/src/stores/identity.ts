import { type Clock, systemClock } from '@linkscope/core';
import { CryptoError, createIdentity, defaultPrimitives, equalBytes, exportIdentity, type Identity, importIdentity } from '@linkscope/crypto';
import { checkStorage, type Rotation, readRotation, type Storage, StoreError, signRotation } from '@linkscope/plugins';

export interface StoredIdentityOptions {
	/** Protects what is stored. Without one whoever reads the storage is the identity. */
	passphrase?: string;
	/** What the storage keeps it under, 'identity' by default. */
	name?: string;
}

/**
 * The identity of this device: the stored one, or a new one that is stored first. Calls at once, even of several processes or tabs, get the same.
 * @throws CryptoError IDENTITY_PASSPHRASE or IDENTITY_MALFORMED, StoreError STORE_UNREADABLE or STORE_UNWRITABLE; what is stored is never replaced.
 */
export async function loadOrCreateIdentity(storage: Storage, options: StoredIdentityOptions = {}): Promise<Identity> {
	const { passphrase, name = 'identity' } = options;
	const text = await checkStorage(storage).read(name);
	if (text === null) return create(storage, name, passphrase);
	return (await open(text, storage.where(name), passphrase)).identity;
}

export interface RotationResult {
	/** The successor, which is stored in the place of the former identity. */
	readonly identity: Identity;
	/** Public: `trustStore.follow(statement)` at the peers makes them trust the successor. */
	readonly statement: string;
}

/**
 * Replaces the stored identity by a new one, and has both sign that. The former one's secret is not kept: connections that use it stay as they are.
 * @throws as loadOrCreateIdentity(); STORE_UNREADABLE where nothing is stored, STORE_UNWRITABLE where another process rotated it at the same time.
 */
export async function rotateIdentity(storage: Storage, options: StoredIdentityOptions & { clock?: Clock } = {}): Promise<RotationResult> {
	const { passphrase, name = 'identity', clock = systemClock } = options;
	const text = await readExisting(checkStorage(storage), name);
	const { identity: former, statements } = await open(text, storage.where(name), passphrase);
	const identity = createIdentity(defaultPrimitives());
	const statement = signRotation(former, identity, clock.epoch());
	const rotated = storedText(await seal(identity, passphrase), [...statements, statement]);
	await storage.update(name, (current) => {
		if (current === text) return rotated;
		throw new StoreError('STORE_UNWRITABLE', `${storage.where(name)} was changed by another process at the same time; load it and look before rotating again`);
	});
	return { identity, statement };
}

/**
 * The statements of the last 16 rotations, oldest first: a peer that missed some follows them in this order. They are public, and need no passphrase.
 * @throws CryptoError IDENTITY_MALFORMED; StoreError STORE_UNREADABLE.
 */
export async function rotationStatements(storage: Storage, options: { name?: string } = {}): Promise<string[]> {
	const { name = 'identity' } = options;
	const text = await checkStorage(storage).read(name);
	if (text === null) return [];
	return split(text, storage.where(name)).statements;
}

/** docs/protocol.md#stored-things: the identity's own line, then a line for each rotation. */
interface StoredIdentity {
	own: string;
	statements: string[];
	/** Whom the last rotation made: `own`, unless somebody meddled. */
	successor: Uint8Array | undefined;
}

const MAX_STATEMENTS = 16;

function storedText(own: string, statements: readonly string[]): string {
	return `${[own, ...statements.slice(-MAX_STATEMENTS)].join('\n')}\n`;
}

/** @throws CryptoError IDENTITY_MALFORMED where a line is no rotation, or they do not follow one another. */
function split(text: string, where: string): StoredIdentity {
	const [own = '', ...statements] = text.replace(/\n$/, '').split('\n', MAX_STATEMENTS + 2);
	try {
		if (statements.length > MAX_STATEMENTS) throw new TypeError(`more than ${MAX_STATEMENTS} rotations`);
		let last: Rotation | undefined;
		for (const statement of statements) {
			const rotation = readRotation(statement);
			if (last !== undefined && !equalBytes(last.successor, rotation.former)) throw new TypeError('its rotations do not follow one another');
			last = rotation;
		}
		return { own, statements, successor: last?.successor };
	} catch (error) {
		throw malformed(where, (error as Error).message);
	}
}

async function open(text: string, where: string, passphrase: string | undefined): Promise<{ identity: Identity; statements: string[] }> {
	const { own, statements, successor } = split(text, where);
	const identity = await importIdentity(defaultPrimitives(), own, { passphrase }).catch((error) => {
		if (!(error instanceof CryptoError)) throw error;
		if (error.code === 'IDENTITY_MALFORMED') throw malformed(where, error.message);
		throw new CryptoError(error.code, `the identity in ${where} was not opened: ${error.message}`);
	});
	if (successor !== undefined && !equalBytes(successor, identity.publicKey)) throw malformed(where, 'its last rotation made another identity');
	return { identity, statements };
}

async function create(storage: Storage, name: string, passphrase: string | undefined): Promise<Identity> {
	const identity = createIdentity(defaultPrimitives());
	const created = storedText(await seal(identity, passphrase), []);
	let stored = created;
	await storage.update(name, (current) => {
		// Somebody else was first: then that one is the identity.
		stored = current ?? created;
		return stored;
	});
	return stored === created ? identity : (await open(stored, storage.where(name), passphrase)).identity;
}

async function readExisting(storage: Storage, name: string): Promise<string> {
	const text = await storage.read(name);
	if (text !== null) return text;
	throw new StoreError('STORE_UNREADABLE', `there is no identity in ${storage.where(name)} to rotate; loadOrCreateIdentity() makes one`);
}

function seal(identity: Identity, passphrase: string | undefined): Promise<string> {
	return exportIdentity(defaultPrimitives(), identity, { passphrase });
}

function malformed(where: string, what: string): CryptoError {
	return new CryptoError(
		'IDENTITY_MALFORMED',
		`the identity in ${where} cannot be used: ${what}; restore it from a copy. Without it a new identity is made, which no peer knows yet`,
	);
}
