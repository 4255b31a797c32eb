import { HandshakeError, type Wire } from '@linkscope/core';
import {
	BoxChannel,
	boxKeyPair,
	bytesToHex,
	equalBytes,
	fingerprintOf,
	hexOf,
	KEY_BYTES,
	type KeyPair,
	openSealed,
	readBytes,
	readCommand,
	SEAL_OVERHEAD_BYTES,
	seal,
	sharedKey,
} from '@linkscope/crypto/nacl';
import { checked } from './channel.js';

/** A key for both directions, and whose key it is as long as nothing opens it: nobody's proof yet. */
export interface Exchanged {
	readonly channel: BoxChannel;
	readonly peerKey: Uint8Array;
}

/** Asks for `peerKey`, waits until it is there, and exchanges ephemeral keys. */
export async function initiate(wire: Wire, keys: KeyPair, peerKey: Uint8Array): Promise<Exchanged> {
	wire.send(JSON.stringify({ command: 'communication_request', sourcePublicKey: bytesToHex(keys.publicKey), targetPublicKey: bytesToHex(peerKey) }));
	readCommand(await wire.read(), 'communication_ready');
	const ephemeral = boxKeyPair();
	wire.send(checked("the peer's key", () => seal(ephemeral.publicKey, peerKey, keys.secretKey)));
	const theirs = await readEphemeral(wire, keys, peerKey);
	return { channel: agree(theirs, ephemeral, true), peerKey };
}

/** Answers somebody who asks for this side's key, directly or through a relay that hands the connection over. */
export async function accept(wire: Wire, keys: KeyPair, { relayed, peer }: { relayed: boolean; peer?: Uint8Array }): Promise<Exchanged> {
	if (relayed) readCommand(await wire.read(), 'connection_handover');
	const request = readCommand(await wire.read(), 'communication_request');
	const peerKey = hexOf(request, 'sourcePublicKey');
	if (!equalBytes(hexOf(request, 'targetPublicKey'), keys.publicKey)) throw mismatch('this side', keys.publicKey, hexOf(request, 'targetPublicKey'));
	if (peer && !equalBytes(peer, peerKey)) throw mismatch('the peer', peer, peerKey);
	wire.send(JSON.stringify({ command: 'communication_ready' }));
	const theirs = await readEphemeral(wire, keys, peerKey);
	const ephemeral = boxKeyPair();
	wire.send(checked("the peer's key", () => seal(ephemeral.publicKey, peerKey, keys.secretKey)));
	return { channel: agree(theirs, ephemeral, false), peerKey };
}

async function readEphemeral(wire: Wire, keys: KeyPair, peerKey: Uint8Array): Promise<Uint8Array> {
	const sealed = readBytes(await wire.read(), KEY_BYTES + SEAL_OVERHEAD_BYTES, 'a sealed key');
	return checked('the sealed key', () => openSealed(sealed, peerKey, keys.secretKey), 'AUTH_FAILED');
}

function agree(theirs: Uint8Array, ephemeral: KeyPair, initiator: boolean): BoxChannel {
	// A box is the same in both directions: what we sealed opens for us too, when somebody sends it back.
	if (equalBytes(theirs, ephemeral.publicKey))
		throw new HandshakeError('AUTH_FAILED', 'ONE: the far end sent back what it got: it merely reflects, and owns no key');
	const key = checked('the ephemeral key', () => sharedKey(theirs, ephemeral.secretKey));
	ephemeral.secretKey.fill(0);
	return new BoxChannel(key, initiator);
}

function mismatch(who: string, expected: Uint8Array, got: Uint8Array): HandshakeError {
	return new HandshakeError('PEER_MISMATCH', `ONE: ${who} should be ${fingerprintOf(expected)}, and the request names ${fingerprintOf(got)}`);
}
