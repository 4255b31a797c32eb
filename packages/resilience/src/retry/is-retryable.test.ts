import { ConnectionError, HandshakeError, TransportError } from '@linkscope/core';
import { expect, test } from 'vitest';
import { isRetryable } from './is-retryable.js';

const closedWith = (code: number) => new ConnectionError('CONNECTION_CLOSED', 'closed', { close: { code, reason: '', wasClean: true, initiatedBy: 'remote' } });

test.each([
	['AUTH_REFUSED, as a 4401 of the peer is told', new HandshakeError('AUTH_REFUSED', 'refused')],
	['AUTH_FAILED, which goes with 4401', new HandshakeError('AUTH_FAILED', 'failed')],
	['PEER_MISMATCH', new HandshakeError('PEER_MISMATCH', 'another')],
	['PROTOCOL_ORDER, which goes with 4402', new HandshakeError('PROTOCOL_ORDER', 'order')],
	['INVITE_REFUSED, as a 4410 is told', new HandshakeError('INVITE_REFUSED', 'refused')],
	['a closeCode of its own', Object.assign(new Error('no'), { closeCode: 4410 })],
	['a connection closed with 4401', closedWith(4401)],
	['a connection closed with 4402', closedWith(4402)],
	['a connection closed with 4410', closedWith(4410)],
	['one of these as a cause', new TransportError('OPEN_FAILED', 'failed', { cause: new Error('x', { cause: closedWith(4402) }) })],
	['a caller who left', new ConnectionError('CONNECTION_ABORTED', 'aborted')],
	['an open circuit', Object.assign(new Error('open'), { code: 'CIRCUIT_OPEN' })],
])('%s is final', (_, error) => {
	expect(isRetryable(error)).toBe(false);
});

const circle = new Error('circle');
circle.cause = circle;

test.each([
	['a dial that failed', new TransportError('OPEN_FAILED', 'refused')],
	['a connection lost', closedWith(1006)],
	['a server that restarts', closedWith(1012)],
	['a rate limit', closedWith(4429)],
	['a peer not registered yet', closedWith(4404)],
	['a timeout', Object.assign(new Error('late'), { code: 'OPERATION_TIMEOUT' })],
	['an error of the platform', new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })],
	['causes in a circle', circle],
	['no error at all', undefined],
	['a string', 'down'],
	['null', null],
])('%s is not', (_, error) => {
	expect(isRetryable(error)).toBe(true);
});
