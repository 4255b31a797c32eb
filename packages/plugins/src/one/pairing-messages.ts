import { bytesToHex, hexOf, malformed, type OneObject, objectOf, personIdHash, textOf } from '@linkscope/crypto/nacl';

/** One end of a pairing, as the other end comes to know it. Keys are 32 bytes. */
export interface OneParty {
	readonly email: string;
	readonly instanceName: string;
	readonly personKey: Uint8Array;
	readonly personSignKey: Uint8Array;
	readonly instanceKey: Uint8Array;
	readonly instanceSignKey: Uint8Array;
	/** Where it can be reached. */
	readonly url?: string;
}

const MAX_NAME_CHARS = 512;
const MAX_URL_CHARS = 2_048;

export const personCommand = ({ email }: OneParty) => ({ command: 'person_id_object', obj: { $type$: 'Person', email } });

export function readPerson(command: OneObject): string {
	return textOf(objectOf(command, 'obj', '$type$', 'Person'), 'email', MAX_NAME_CHARS);
}

export const keysCommand = ({ email, personKey, personSignKey }: OneParty) => ({
	command: 'keys_object',
	obj: { $type$: 'Keys', owner: personIdHash(email), publicKey: bytesToHex(personKey), publicSignKey: bytesToHex(personSignKey) },
});

/** @param email of the person who must own the keys. */
export function readKeys(command: OneObject, email: string): Pick<OneParty, 'personKey' | 'personSignKey'> {
	const keys = objectOf(command, 'obj', '$type$', 'Keys');
	checkOwner(keys, personIdHash(email));
	return { personKey: hexOf(keys, 'publicKey'), personSignKey: hexOf(keys, 'publicSignKey') };
}

export const instanceCommand = ({ email, instanceName }: OneParty) => ({
	command: 'instance_id_object',
	obj: { $type$: 'Instance', name: instanceName, owner: personIdHash(email) },
});

/** @returns the instance's name. */
export function readInstance(command: OneObject, email: string): string {
	const instance = objectOf(command, 'obj', '$type$', 'Instance');
	checkOwner(instance, personIdHash(email));
	return textOf(instance, 'name', MAX_NAME_CHARS);
}

export const identityCommand = (party: OneParty) => ({
	command: 'identity',
	obj: {
		type: 'public',
		personEmail: party.email,
		instanceName: party.instanceName,
		personKeyPublic: bytesToHex(party.personKey),
		personSignKeyPublic: bytesToHex(party.personSignKey),
		instanceKeyPublic: bytesToHex(party.instanceKey),
		instanceSignKeyPublic: bytesToHex(party.instanceSignKey),
		...(party.url !== undefined && { url: party.url }),
	},
});

export function readIdentity(command: OneObject): OneParty {
	const identity = objectOf(command, 'obj', 'type', 'public');
	const party = {
		email: textOf(identity, 'personEmail', MAX_NAME_CHARS),
		instanceName: textOf(identity, 'instanceName', MAX_NAME_CHARS),
		personKey: hexOf(identity, 'personKeyPublic'),
		personSignKey: hexOf(identity, 'personSignKeyPublic'),
		instanceKey: hexOf(identity, 'instanceKeyPublic'),
		instanceSignKey: hexOf(identity, 'instanceSignKeyPublic'),
	};
	if (identity.url === undefined) return party;
	if (!isSocketUrl(identity.url)) throw malformed(`"url" must be a ws: or wss: URL of at most ${MAX_URL_CHARS} characters`);
	return { ...party, url: identity.url };
}

function checkOwner(object: OneObject, owner: string): void {
	if (textOf(object, 'owner', 64).toLowerCase() !== owner) throw malformed('an object whose owner is not the person that was named');
}

/** ws: or wss:, without credentials, of bounded length. */
export function isSocketUrl(text: unknown): text is string {
	if (typeof text !== 'string' || text.length > MAX_URL_CHARS) return false;
	try {
		const { protocol, username, password } = new URL(text);
		return (protocol === 'ws:' || protocol === 'wss:') && username === '' && password === '';
	} catch {
		return false;
	}
}
