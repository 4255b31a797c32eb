/** The lifecycle of a connection (seeds/004). Phases without a plugin are skipped. */
export type ConnectionState =
	| 'INITIALIZING'
	| 'CONNECTING'
	| 'CONNECTED'
	| 'AUTHENTICATING'
	| 'AUTHENTICATED'
	| 'ENCRYPTING'
	| 'ENCRYPTED'
	| 'PAIRING'
	| 'PAIRED'
	| 'ACTIVE'
	| 'CLOSING'
	| 'CLOSED'
	| 'FAILED';

const order: readonly ConnectionState[] = [
	'INITIALIZING',
	'CONNECTING',
	'CONNECTED',
	'AUTHENTICATING',
	'AUTHENTICATED',
	'ENCRYPTING',
	'ENCRYPTED',
	'PAIRING',
	'PAIRED',
	'ACTIVE',
	'CLOSING',
	'CLOSED',
	'FAILED',
];

/**
 * The transition table as a rule: establishing only moves forward, one `…ING` at a time;
 * every living state may begin CLOSING or end at once; ended is ended.
 */
export function canTransition(from: ConnectionState, to: ConnectionState): boolean {
	if (isEnded(from)) return false;
	if (isEnded(to)) return true;
	if (to === 'CLOSING') return from !== 'CLOSING';
	if (from === 'CLOSING') return false;
	const target = followUp[from];
	if (target !== undefined) return to === target;
	return order.indexOf(to) > order.indexOf(from) && !isOutcome(to);
}

/** CLOSED and FAILED: nothing comes after. */
export function isEnded(state: ConnectionState): boolean {
	return state === 'CLOSED' || state === 'FAILED';
}

// What is begun ends in its own outcome (or in CLOSING, CLOSED, FAILED).
const followUp: Partial<Record<ConnectionState, ConnectionState>> = {
	INITIALIZING: 'CONNECTING',
	CONNECTING: 'CONNECTED',
	AUTHENTICATING: 'AUTHENTICATED',
	ENCRYPTING: 'ENCRYPTED',
	PAIRING: 'PAIRED',
};

function isOutcome(state: ConnectionState): boolean {
	return Object.values(followUp).includes(state);
}
