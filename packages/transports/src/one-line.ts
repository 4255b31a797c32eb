/** What a platform said, in one line: OpenSSL speaks in several, with addresses in memory and file names of its own. */
export function oneLine({ message }: Error): string {
	if (/wrong version number|packet length too long/i.test(message)) return 'the server does not speak TLS: use ws:// instead of wss://';
	return message.replace(/\s+/g, ' ').trim();
}
