/** Why a connection of a peer was closed, in the words of seeds/004; the code is always 1000. */
export const CloseReason = {
	REPLACED: 'Close called: New connection replaced old one',
	DUPLICATE: 'Duplicate connection - dropped new connection',
	ROUTE_STOPPED: 'Close called: Corresponding route was stopped',
	ROUTE_DISABLED: 'Close called: Route is disabled',
} as const;
