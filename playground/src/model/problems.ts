import type { StepName } from './invite-steps.js';

/** What went wrong, for a person. */
export interface Problem {
	/** Stable, e.g. 'INVITE_REFUSED'; null for what has none. */
	readonly code: string | null;
	readonly title: string;
	/** What the error itself says. */
	readonly sentence: string;
	readonly advice: string;
	/** Where the code alone tells it. */
	readonly step: StepName | null;
	/** The same invite will not work later either. */
	readonly isFinal: boolean;
}

type Words = Pick<Problem, 'title' | 'advice' | 'step'> & { isFinal?: true };

const NEW_ONE = 'Ask the inviter for a new invite.';
const KNOWN: Readonly<Record<string, Words>> = {
	INVITE_EXPIRED: { title: 'This invite has expired', advice: `${NEW_ONE} If it is new, set the clock of this device.`, step: 'validate', isFinal: true },
	INVITE_OF_ONE: {
		title: 'This is an invite of ONE.models',
		advice: 'This page takes invites of linkscope only, which their inviter has signed. Ask for one of those, or use the application it was made for.',
		step: 'validate',
		isFinal: true,
	},
	NOT_REGISTERED: {
		title: 'The inviter is not waiting at the relay',
		advice: 'Ask whether the inviter’s program is still running and connected, and try again.',
		step: 'discover',
	},
	RELAY_RESTARTING: { title: 'The relay is restarting', advice: 'Try again in a moment.', step: 'discover' },
	RELAY_RATE: { title: 'The relay was asked too often', advice: 'Wait half a minute, and try again.', step: 'discover' },
	RELAY_QUOTA: { title: 'The relay is full', advice: 'Try again later, or use another relay.', step: 'discover' },
	RELAY_AUTH_FAILED: { title: 'The relay refused this page', advice: 'Use another relay.', step: 'discover', isFinal: true },
	RELAY_ORIGIN_UNKNOWN: {
		title: 'The relay does not know this address as its own',
		advice: 'Use the address that its operator publishes.',
		step: 'discover',
		isFinal: true,
	},
	RELAY_SELF: { title: 'This invite is your own', advice: 'Open it in another browser.', step: 'discover', isFinal: true },
	RELAY_CLOSED: { title: 'The relay ended the connection', advice: 'Try again; it may not be a relay of linkscope.', step: 'discover' },
	URL_INVALID: { title: 'This is no address of a relay', advice: 'It begins with wss:// or ws://.', step: 'discover', isFinal: true },
	OPEN_FAILED: {
		title: 'Nobody answered',
		advice:
			'Is the inviter’s program still running, and can this device reach the address? Through a firewall or from another network an invite needs a relay.',
		step: 'connect',
	},
	OPEN_TIMEOUT: {
		title: 'Nobody answered in time',
		advice: 'The address may be behind a firewall. Ask for an invite with a relay, or try again from the inviter’s network.',
		step: 'connect',
	},
	OPEN_REFUSED: { title: 'The server there did not take the connection', advice: `Another program may answer at that address. ${NEW_ONE}`, step: 'connect' },
	UPGRADE_REFUSED: { title: 'The server there did not take the connection', advice: `Another program may answer at that address. ${NEW_ONE}`, step: 'connect' },
	CONNECTION_LOST: { title: 'The connection was lost on the way', advice: 'Look at the network of this device, and try again.', step: 'connect' },
	PEER_MISMATCH: {
		title: 'Somebody else answered',
		advice: `Who answers at that address is not who made this invite, so nothing was told to it. ${NEW_ONE}`,
		step: 'auth',
		isFinal: true,
	},
	AUTH_FAILED: {
		title: 'The other side did not prove who it is',
		advice: 'Somebody may stand in between. Try another network, and compare the fingerprint with the inviter’s.',
		step: 'auth',
	},
	AUTH_REFUSED: { title: 'The inviter did not let this identity in', advice: 'Ask the inviter: only its own log says why.', step: 'auth', isFinal: true },
	HANDSHAKE_TIMEOUT: {
		title: 'The other side fell silent',
		advice: 'It may be another program, or overloaded. Try again; if that does not help, ask for a new invite.',
		step: null,
	},
	NO_COMMON_SUITE: { title: 'The two sides have no cipher in common', advice: 'Update the older of the two programs.', step: 'encrypt', isFinal: true },
	INVITE_REFUSED: {
		title: 'The inviter refused this invite',
		advice: `It was used already, revoked, or its time is over; nobody outside is told which. ${NEW_ONE}`,
		step: 'pair',
		isFinal: true,
	},
	PAIRING_REQUIRED: { title: 'The inviter wants a new pairing', advice: NEW_ONE, step: 'pair', isFinal: true },
	STORE_UNREADABLE: {
		title: 'This page cannot keep an identity',
		advice: 'Open it in an ordinary window: some browsers store nothing in private ones.',
		step: null,
	},
	STORE_UNWRITABLE: { title: 'This page cannot keep an identity', advice: 'Free some space, or open it in an ordinary window.', step: null },
	IDENTITY_MALFORMED: {
		title: 'The identity stored by this page is damaged',
		advice: 'Clear the stored data of this site in your browser; peers then see a new identity.',
		step: null,
	},
};

/** Why an attempt to accept an invite ended. */
export function problemOf(error: unknown): Problem {
	const { code, sentence } = said(error);
	const words = KNOWN[code ?? ''] ?? { title: 'Something went wrong', advice: 'The log and the errors below say more.', step: null };
	return { code, sentence, isFinal: false, ...words };
}

/** Why a text is no invite that can be accepted. */
export function linkProblem(error: unknown, link: string): Problem {
	const { code, sentence } = said(error);
	if (code !== 'INVITE_MALFORMED') return { ...problemOf(error), step: 'validate' };
	return { code, sentence, step: 'validate', isFinal: true, ...SHAPES[shapeOf(link)] };
}

type Shape = 'foreign' | 'cut' | 'changed';

const SHAPES: Readonly<Record<Shape, Omit<Words, 'step'>>> = {
	foreign: { title: 'This is no invite link', advice: 'Copy the link alone, from its beginning up to its last character, and paste it here.' },
	cut: {
		title: 'This link was cut short',
		advice: 'Mail and chat programs break long links. Copy the whole link, up to its last character, and paste it again.',
	},
	changed: { title: 'This link was changed on its way', advice: `Its signature does not fit what it says, so nothing of it can be trusted. ${NEW_ONE}` },
};

// Base64url of 64 and of 32 bytes: the signature and the secret at the end of each link.
const SIGNATURE_CHARS = 86;
const SECRET_CHARS = 43;

/** Told apart for the advice alone: none of them is accepted. */
function shapeOf(link: string): Shape {
	const [prefix = '', fragment = ''] = link.split('#', 2);
	const [json = '', signature, secret, ...more] = fragment.split('.');
	// Base64url of '{"'.
	if (/\s/.test(prefix) || !json.startsWith('eyJ') || more.length > 0) return 'foreign';
	const isWhole = signature?.length === SIGNATURE_CHARS && secret?.length === SECRET_CHARS && !/\s/.test(json);
	return isWhole ? 'changed' : 'cut';
}

function said(error: unknown): Pick<Problem, 'code' | 'sentence'> {
	const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
	return { code: typeof code === 'string' ? code : null, sentence: typeof message === 'string' ? message : String(error) };
}
