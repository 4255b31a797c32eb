import { TransportError } from '@linkscope/core';

/** UPGRADE_REFUSED: the server answered the upgrade with a plain HTTP response. Browsers do not tell; they fail with OPEN_FAILED. */
export class UpgradeRefusedError extends TransportError {
	static {
		UpgradeRefusedError.prototype.name = 'UpgradeRefusedError';
	}

	constructor(
		/** HTTP status, e.g. 401. */
		readonly status: number,
		host: string,
	) {
		super('UPGRADE_REFUSED', `websocket: ${host} refused the upgrade with HTTP ${status}${hintFor(status)}`);
	}
}

function hintFor(status: number): string {
	if (status === 401 || status === 403) return ': check the credentials and the origin';
	if (status >= 300 && status < 400) return ': redirects are not followed, dial the new address';
	if (status === 404) return ': the server takes WebSockets at another path, or none';
	if (status === 429 || status === 503) return ': the server is busy, try again later';
	return '';
}
