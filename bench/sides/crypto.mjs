// Handshakes and records without any connection.
import { performance } from 'node:perf_hooks';
import {
	aeadSuite,
	createIdentity,
	LINKSCOPE_NOISE,
	loadSodiumPrimitives,
	NoiseHandshake,
	nodePrimitives,
	RecordOpener,
	RecordSealer,
} from '@linkscope/crypto';
import { xsalsaSuite } from '@linkscope/crypto/nacl';
import { noblePrimitives } from '@linkscope/crypto/noble';
import { serveCommands } from '../harness/serve-commands.mjs';

await noblePrimitives.loadAead('aes-256-gcm');
const BACKENDS = { node: nodePrimitives, sodium: loadSodiumPrimitives(), noble: noblePrimitives };
const encoder = new TextEncoder();

serveCommands({
	/** Microseconds a record. */
	seal({ backend, suite, bytes, records }) {
		const { sealer } = createRecords(backend, suite);
		const plaintext = createPlaintext(bytes);
		const startMs = performance.now();
		for (let i = 0; i < records; i++) sealer.sealRecord(plaintext, 0);
		return ((performance.now() - startMs) * 1000) / records;
	},

	open({ backend, suite, bytes, records }) {
		const { sealer, opener } = createRecords(backend, suite);
		const plaintext = createPlaintext(bytes);
		const sealed = Array.from({ length: records }, () => sealer.sealRecord(plaintext, 0));
		const startMs = performance.now();
		for (let i = 0; i < records; i++) opener.openRecord(sealed[i]);
		return ((performance.now() - startMs) * 1000) / records;
	},

	/** Microseconds of each side for one handshake, identities and signatures included. */
	handshake({ backend, count }) {
		const primitives = BACKENDS[backend];
		const identities = [createIdentity(primitives), createIdentity(primitives)];
		const us = { initiator: 0, responder: 0 };
		for (let i = 0; i < count; i++) runHandshake(primitives, identities, us);
		return { initiator: us.initiator / count, responder: us.responder / count };
	},
});

function createRecords(backend, suite) {
	const primitives = BACKENDS[backend];
	const cipher = suite === 'xsalsa20-poly1305' ? xsalsaSuite(primitives) : aeadSuite(suite, primitives);
	const options = () => ({ suite: cipher, primitives, key: new Uint8Array(32).fill(7) });
	return { sealer: new RecordSealer(options()), opener: new RecordOpener(options()) };
}

function createPlaintext(bytes) {
	const plaintext = new Uint8Array(1 + bytes).fill(0x5a);
	plaintext[0] = 0;
	return plaintext;
}

/** The three messages of docs/protocol.md#authentication; each step's time goes to the side that takes it. */
function runHandshake(primitives, [initiatorIdentity, responderIdentity], us) {
	const charge = (side, work) => {
		const startMs = performance.now();
		const result = work();
		us[side] += (performance.now() - startMs) * 1000;
		return result;
	};
	const create = (role) =>
		new NoiseHandshake({
			primitives,
			protocol: LINKSCOPE_NOISE,
			role,
			prologue: encoder.encode('linkscope/1'),
			staticKeys: primitives.x25519.generate(),
		});
	const initiator = charge('initiator', () => create('initiator'));
	const first = charge('initiator', () => initiator.writeMessage(new Uint8Array()));
	const responder = charge('responder', () => create('responder'));
	const second = charge('responder', () => {
		responder.readMessage(first);
		return responder.writeMessage((hash) => claim(responderIdentity, hash));
	});
	const third = charge('initiator', () => {
		check(primitives, initiator.readMessage(second));
		const message = initiator.writeMessage((hash) => claim(initiatorIdentity, hash));
		initiator.split();
		return message;
	});
	charge('responder', () => {
		check(primitives, responder.readMessage(third));
		responder.split();
	});
}

/** Public key and signature. */
function claim(identity, hash) {
	const payload = new Uint8Array(96);
	payload.set(identity.publicKey);
	payload.set(identity.sign(hash), 32);
	return payload;
}

function check(primitives, { payload, payloadHash }) {
	if (!primitives.ed25519.verify(payload.subarray(0, 32), payloadHash, payload.subarray(32))) throw new Error('a signature does not fit');
}
