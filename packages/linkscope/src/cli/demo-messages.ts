import type { StageSnapshot } from '../index.js';

/** The two peers of the demo, each a process of its own. */
export type Role = 'inviter' | 'invitee';

/** The command of such a process, which people do not use. */
export const DEMO_PEER = 'demo-peer';

export function isRole(text: string | undefined): text is Role {
	return text === 'inviter' || text === 'invitee';
}

/** What the demo tells a peer's process. */
export type DemoOrder = { do: 'wait'; relay: string } | { do: 'invite'; prefix?: string } | { do: 'accept'; link: string } | { do: 'send' } | { do: 'tell' };

/** What a peer's process tells the demo. Times are milliseconds since 1970, with fractions. */
export type DemoEvent =
	| { type: 'ready' }
	| { type: 'log'; time: number; line: string }
	| { type: 'waiting' }
	| { type: 'invite'; link: string; expiresAt: number }
	/** Somebody has paired by the invite. */
	| { type: 'used' }
	| { type: 'synced'; objects: number }
	| ({ type: 'sent' } & DemoFile)
	/** At a path of the inviter's. */
	| ({ type: 'received'; path?: string } & DemoFile)
	| { type: 'told'; stages: StageSnapshot[]; report: string }
	| { type: 'failed'; step: string; code: string; message: string };

export interface DemoFile {
	name: string;
	bytes: number;
	/** In hex: of what was read at one end and of what was written at the other. */
	sha256: string;
}

export type DemoEventOf<T extends DemoEvent['type']> = Extract<DemoEvent, { type: T }>;
