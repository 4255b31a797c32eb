import { FakeClock } from '@linkscope/core/testing';
import { boxKeyPair, bytesToHex, Challenge, hexToBytes, sharedKey } from '@linkscope/crypto/nacl';
import { expect, test } from 'vitest';
import { OneRegistration } from './one-registration.js';

const [listener, relay] = [boxKeyPair(), boxKeyPair()];
const PING = '{"command":"ping"}';
const REQUEST = JSON.stringify({
	command: 'communication_request',
	sourcePublicKey: bytesToHex(relay.publicKey),
	targetPublicKey: bytesToHex(listener.publicKey),
});
const HANDOVER = '{"command":"connection_handover"}';
const SUCCESS = '{"command":"authentication_success","pingInterval":25000}';

function registering(relayKey?: Uint8Array) {
	const clock = new FakeClock();
	const said: Record<string, string>[] = [];
	const errors: Error[] = [];
	const registration = new OneRegistration({
		keys: listener,
		relayKey,
		clock,
		send: (frame) => said.push(JSON.parse(frame)) > 0,
		fail: (error) => errors.push(error),
	});
	registration.begin();
	const asked = new Challenge(sharedKey(listener.publicKey, relay.secretKey));
	const challenge = JSON.stringify({ command: 'authentication_request', publicKey: bytesToHex(relay.publicKey), challenge: bytesToHex(asked.sealed) });
	return { clock, said, errors, registration, challenge, asked };
}

test('registers, proves its key, answers pings, and gives way to a caller', () => {
	const { clock, said, errors, registration, challenge, asked } = registering(relay.publicKey);
	expect(said[0]).toEqual({ command: 'register', publicKey: bytesToHex(listener.publicKey) });
	expect(registration.receive(challenge)).toBe('consumed');
	expect(said[1]?.command).toBe('authentication_response');
	expect(asked.isAnswer(hexToBytes(said[1]?.response as string))).toBe(true);
	expect(registration.isWaiting).toBe(false);
	registration.receive(SUCCESS);
	expect(registration.isWaiting).toBe(true);
	for (let i = 0; i < 10; i++) {
		clock.advance(28_999);
		registration.receive(PING);
	}
	expect(said.slice(2)).toEqual(new Array(10).fill({ command: 'pong' }));
	expect(registration.receive(HANDOVER)).toBe('call');
	expect(clock.pending).toBe(0);
	expect(errors).toEqual([]);
});

test('a relay that falls silent is given up: at once while registering, 4 s after its ping was due later', () => {
	const early = registering();
	early.clock.advance(10_000);
	expect(early.errors).toMatchObject([{ code: 'HANDSHAKE_TIMEOUT' }]);
	const late = registering();
	late.registration.receive(late.challenge);
	late.registration.receive(SUCCESS);
	late.clock.advance(28_999);
	expect(late.errors).toEqual([]);
	late.clock.advance(1);
	expect(late.errors).toMatchObject([{ code: 'HANDSHAKE_TIMEOUT' }]);
	expect(late.registration.receive(PING)).toBe('consumed');
	expect(late.said).toHaveLength(2);
});

test('nothing is received before it has begun', () => {
	const registration = new OneRegistration({ keys: listener, send: () => true, fail() {} });
	expect(() => registration.receive(HANDOVER)).toThrow(TypeError);
});

test('the challenge of another relay than the expected one is not answered', () => {
	const { said, errors, registration, challenge } = registering(boxKeyPair().publicKey);
	registration.receive(challenge);
	expect(errors).toMatchObject([{ code: 'PEER_MISMATCH' }]);
	expect(said).toHaveLength(1);
});

test.each<[string, string, (challenge: string) => (string | Uint8Array)[]]>([
	['a challenge for somebody else', 'AUTH_FAILED', (challenge) => [challenge.replace(/[0-9a-f]{9}"}/, '000000000"}')]],
	['a short challenge', 'MALFORMED_FRAME', (challenge) => [challenge.replace(/.."}/, '"}')]],
	['success before the proof', 'PROTOCOL_ORDER', () => [SUCCESS]],
	['a handover before the proof', 'PROTOCOL_ORDER', () => [HANDOVER]],
	['a second challenge', 'PROTOCOL_ORDER', (challenge) => [challenge, challenge]],
	['no interval', 'MALFORMED_FRAME', (challenge) => [challenge, '{"command":"authentication_success"}']],
	['an interval of nothing', 'MALFORMED_FRAME', (challenge) => [challenge, '{"command":"authentication_success","pingInterval":0}']],
	['a caller without a handover', 'PROTOCOL_ORDER', (challenge) => [challenge, SUCCESS, REQUEST]],
	['another command', 'PROTOCOL_ORDER', (challenge) => [challenge, SUCCESS, '{"command":"communication_ready"}']],
	['bytes', 'PROTOCOL_ORDER', (challenge) => [challenge, SUCCESS, new Uint8Array(3)]],
	['no JSON', 'MALFORMED_FRAME', (challenge) => [challenge, SUCCESS, 'ping']],
])('%s: %s, once, and no timer is left', (_, code, frames) => {
	const { clock, errors, registration, challenge } = registering();
	for (const frame of frames(challenge)) registration.receive(frame);
	expect(errors).toMatchObject([{ code }]);
	registration.receive('more');
	expect(errors).toHaveLength(1);
	expect(clock.pending).toBe(0);
});
