import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** The name by which ONE objects refer to a person. @returns 64 hex characters. */
export function personIdHash(email: string): string {
	return idHash('Person', `<span itemprop="email">${escaped(email)}</span>`);
}

/** @param owner the hash of a person. @returns 64 hex characters. */
export function instanceIdHash(name: string, owner: string): string {
	return idHash('Instance', `<span itemprop="name">${escaped(name)}</span><a itemprop="owner" data-type="id">${escaped(owner)}</a>`);
}

function idHash(type: string, properties: string): string {
	return bytesToHex(sha256(utf8ToBytes(`<div data-id-object="true" itemscope itemtype="//refin.io/${type}">${properties}</div>`)));
}

function escaped(text: string): string {
	return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
