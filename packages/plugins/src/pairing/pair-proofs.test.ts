import { createHmac } from 'node:crypto';
import { createIdentity, defaultPrimitives, encodeBase64url } from '@linkscope/crypto';
import { expect, test } from 'vitest';
import { PairProofs, type PairTranscript } from './pair-proofs.js';

const primitives = defaultPrimitives();
const [initiator, responder] = [createIdentity(primitives), createIdentity(primitives)];
const key = new Uint8Array(32).fill(5);
const transcript: PairTranscript = {
	binding: new Uint8Array(32).fill(1),
	initiator: initiator.publicKey,
	responder: responder.publicKey,
	inviteId: new Uint8Array(16).fill(2),
	challenge: new Uint8Array(32).fill(3),
};
const proofs = new PairProofs(primitives, transcript);

/** The protocol's words in another's code. */
const t = Buffer.concat([transcript.binding, transcript.initiator, transcript.responder, transcript.inviteId, transcript.challenge]);
const hmac = (...parts: (string | Uint8Array)[]) =>
	createHmac('sha256', key)
		.update(Buffer.concat(parts.map((part) => Buffer.from(part))))
		.digest();

test('every proof is over the bytes that the protocol names', () => {
	const connectionId = hmac('connection', transcript.initiator, transcript.responder).subarray(0, 16);
	expect(proofs.connectionId(key)).toBe(encodeBase64url(connectionId));
	expect(encodeBase64url(proofs.ofInitiator(key))).toBe(encodeBase64url(hmac('I', t)));
	expect(encodeBase64url(proofs.ofResponder(key, encodeBase64url(connectionId)))).toBe(encodeBase64url(hmac('R', t, connectionId)));
	expect(primitives.ed25519.verify(initiator.publicKey, Buffer.concat([Buffer.from('linkscope/1 pair\0'), t]), proofs.sign(initiator))).toBe(true);
});

test.each(Object.keys(transcript) as (keyof PairTranscript)[])('another %s is another proof', (field) => {
	const changed = new PairProofs(primitives, { ...transcript, [field]: transcript[field].map((byte) => byte ^ 1) });
	expect(changed.ofInitiator(key)).not.toEqual(proofs.ofInitiator(key));
	expect(changed.ofResponder(key, proofs.connectionId(key))).not.toEqual(proofs.ofResponder(key, proofs.connectionId(key)));
	expect(changed.isSigned(proofs.sign(initiator))).toBe(false);
	expect(proofs.isSigned(proofs.sign(initiator))).toBe(true);
	expect(proofs.isSigned(proofs.sign(responder))).toBe(false);
});
