import type { ConnectionSnapshot } from './types.js';

/** Is what the wire carried beyond the messages of the application worth a word: 100 kB, and a tenth of them? */
export function isSubstantial(beyond: number, messageBytes: number): boolean {
	return beyond >= 100_000 && beyond * 10 >= messageBytes;
}

/** What plugins said to each other (a sync, its files), as far as it is substantial: name and bytes both ways, the most first. */
export function ownTraffic({ plugins, bytesSent, bytesReceived, wireBytesSent, wireBytesReceived }: ConnectionSnapshot): [string, number][] {
	const messageBytes = bytesSent + bytesReceived;
	const beyond = wireBytesSent + wireBytesReceived - messageBytes;
	return plugins
		.map(({ name, bytesOut, bytesIn }, index): [string, number] => {
			// What left it without having come from above, and what came from below and went no further.
			const below = plugins[index - 1]?.bytesOut ?? bytesOut;
			const above = plugins[index + 1]?.bytesIn ?? bytesReceived;
			// A plugin that joined later has counted less than went by: no more than there was.
			return [name, Math.min(below - bytesOut + (index && bytesIn - above), beyond)];
		})
		.filter(([, own]) => isSubstantial(own, messageBytes))
		.sort((a, b) => b[1] - a[1]);
}
