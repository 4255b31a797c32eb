/** How long ws waits for the peer's answer to a close. */
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * The options of ws that both ends share. ws by itself lets one peer pin far more memory than a message is worth
 * (16,384 fragments, 262,144 chunks, 100 MiB); these limits keep pace with the largest message we take.
 */
export function wsOptions({ maxMessageBytes = 1024 * 1024, perMessageDeflate = false }: { maxMessageBytes?: number; perMessageDeflate?: boolean | object }) {
	return {
		maxPayload: maxMessageBytes,
		maxFragments: Math.max(1024, Math.ceil(maxMessageBytes / 1024)),
		maxBufferedChunks: Math.max(4096, Math.ceil(maxMessageBytes / 256)),
		closeTimeout: CLOSE_TIMEOUT_MS,
		perMessageDeflate,
	};
}
