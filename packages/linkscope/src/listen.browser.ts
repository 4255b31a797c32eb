import { TransportError } from '@linkscope/core';

/**
 * A page cannot listen: here only to say so.
 * @throws TransportError LISTEN_UNSUPPORTED.
 */
export function listen(_options?: object): Promise<never> {
	return Promise.reject(new TransportError('LISTEN_UNSUPPORTED', 'listen() needs Node: a page can only dial, with connect()'));
}
