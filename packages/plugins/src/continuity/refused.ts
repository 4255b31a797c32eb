import { CloseCode, HandshakeError } from '@linkscope/core';

/** What a peer says of a session cannot be true, or is not its to say. */
export function refused(what: string, closeCode: number = CloseCode.PROTOCOL_ORDER): HandshakeError {
	return Object.assign(new HandshakeError('CONTINUITY_REFUSED', `continuity: ${what}`), { closeCode });
}
