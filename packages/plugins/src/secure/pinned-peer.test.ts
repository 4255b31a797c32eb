import { createIdentity, defaultPrimitives } from '@linkscope/crypto';
import { expect, it } from 'vitest';
import { pinnedPeer } from './pinned-peer.js';

const [ada, bob] = [createIdentity(defaultPrimitives()), createIdentity(defaultPrimitives())];

it('stays pinned to the key that was given, whatever becomes of the array', () => {
	for (const given of [ada.publicKey.slice(), Buffer.from(ada.publicKey)]) {
		const pinned = pinnedPeer(given);
		given.set(bob.publicKey);
		expect([pinned.matches(ada.publicKey), pinned.matches(bob.publicKey)]).toEqual([true, false]);
	}
});
