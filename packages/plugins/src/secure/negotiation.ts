import type { Payload } from '@linkscope/core';
import { listField, type Primitives, type SuiteName, textField } from '@linkscope/crypto';
import { expectControl } from './control-message.js';
import { SecurityError } from './security-error.js';
import { isKnownSuite } from './suite-choice.js';

export const CAPABILITIES = 'encryption_capabilities';
const PARAMETERS = 'encryption_parameters';

/** The last control message of each direction under the keys of authentication. */
export interface LastControls {
	send(json: string): void;
	/** @throws SecurityError PROTOCOL_ORDER where the message does not hand over. */
	read(): Promise<Payload>;
	/** What the initiator has said already, behind its proof. */
	readonly early: string | undefined;
}

export interface Negotiated {
	readonly suite: SuiteName;
	/** SHA-256 over what both sides said, as they said it: who strips or reorders suites gets other keys. */
	readonly transcript: Uint8Array;
}

/**
 * The two messages of docs/protocol.md#encryption.
 * @param offered in order of preference; the responder takes the first of the initiator's that it has too.
 * @throws SecurityError NO_COMMON_SUITE, PROTOCOL_ORDER; CryptoError MALFORMED_FRAME.
 */
export async function negotiate(controls: LastControls, initiator: boolean, offered: readonly SuiteName[], primitives: Primitives): Promise<Negotiated> {
	const capabilities = initiator ? (controls.early ?? capabilitiesOf(offered)) : textOf(await controls.read());
	if (initiator && controls.early === undefined) controls.send(capabilities);
	const parameters = initiator ? textOf(await controls.read()) : JSON.stringify({ type: PARAMETERS, suite: choose(capabilities, offered) });
	if (!initiator) controls.send(parameters);
	const suite = textField(expectControl(parameters, PARAMETERS, 'encryption'), 'suite');
	if (!isKnownSuite(suite) || !offered.includes(suite)) throw noCommonSuite([suite], offered);
	return { suite, transcript: primitives.hash('SHA256', ...counted(capabilities), ...counted(parameters)) };
}

/** The offer of an initiator, as it is sealed and hashed. */
export function capabilitiesOf(suites: readonly SuiteName[]): string {
	return JSON.stringify({ type: CAPABILITIES, suites });
}

function choose(capabilities: string, offered: readonly SuiteName[]): string {
	const theirs = listField(expectControl(capabilities, CAPABILITIES, 'encryption'), 'suites');
	const suite = theirs.find((name) => isKnownSuite(name) && offered.includes(name));
	if (suite === undefined) throw noCommonSuite(theirs, offered);
	return suite;
}

function noCommonSuite(theirs: readonly string[], ours: readonly string[]): SecurityError {
	const shown = JSON.stringify(theirs.slice(0, 8).map((name) => name.slice(0, 40)));
	return new SecurityError('encryption', 'NO_COMMON_SUITE', `the peer has ${shown}, this side ${ours.join(', ')}`);
}

/** u32 length || text, in UTF-8. */
function counted(json: string): [Uint8Array, Uint8Array] {
	const bytes = new TextEncoder().encode(json);
	const length = new Uint8Array(4);
	new DataView(length.buffer).setUint32(0, bytes.length);
	return [length, bytes];
}

function textOf(frame: Payload): string {
	if (typeof frame !== 'string') throw new SecurityError('encryption', 'PROTOCOL_ORDER', `expected a control message, got ${frame.length} bytes`);
	return frame;
}
