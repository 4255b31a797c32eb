import {
	bytesField,
	type ControlObject,
	CryptoError,
	encodeBase64url,
	parseControlJson,
	type RecordOpener,
	type RecordSealer,
	textField,
} from '@linkscope/crypto';
import { SecurityError } from './security-error.js';

/** A control message as it travels under the keys of a session. */
export function sealControl(sealer: RecordSealer, type: string, json: string, flags: number, nowMs: number): string {
	return JSON.stringify({ type, sealed: encodeBase64url(sealer.sealControl(type, json, flags, nowMs)) });
}

/** @throws CryptoError DECRYPT_FAILED, MALFORMED_FRAME; SecurityError PROTOCOL_ORDER where it is not sealed. */
export function openControl(opener: RecordOpener, frame: ControlObject): { flags: number; json: string; message: ControlObject } {
	const type = textField(frame, 'type');
	if (frame.sealed === undefined) throw new SecurityError('auth', 'PROTOCOL_ORDER', 'a control message that is not sealed');
	const { flags, json } = opener.openControl(type, bytesField(frame, 'sealed'));
	const message = parseControlJson(json);
	if (textField(message, 'type') !== type) throw new CryptoError('MALFORMED_FRAME', 'A control message whose type is another one inside.');
	return { flags, json, message };
}
