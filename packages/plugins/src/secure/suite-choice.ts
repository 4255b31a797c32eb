import { aeadSuite, type Primitives, type Suite, type SuiteName } from '@linkscope/crypto';

const ALL: readonly SuiteName[] = ['chacha20-poly1305', 'aes-256-gcm', 'xsalsa20-poly1305'];

/** What a peer is offered, fastest first: OpenSSL has instructions for AES, the others do ChaCha20 faster. */
export function preferredSuites(primitives: Primitives): readonly SuiteName[] {
	return primitives.name === 'node' ? ['aes-256-gcm', 'chacha20-poly1305', 'xsalsa20-poly1305'] : ALL;
}

/** @throws TypeError where it is not a list of known suites. */
export function checkSuites(suites: readonly SuiteName[]): readonly SuiteName[] {
	if (!Array.isArray(suites) || suites.length === 0 || !suites.every((name) => ALL.includes(name))) {
		throw new TypeError(`suites must be a list of ${ALL.join(', ')}`);
	}
	return suites;
}

export function isKnownSuite(name: string): name is SuiteName {
	return (ALL as readonly string[]).includes(name);
}

/** The one of the authentication, fixed by the protocol. */
export function authenticationSuite(primitives: Primitives): Suite {
	return aeadSuite('chacha20-poly1305', primitives);
}

export async function loadSuite(name: SuiteName, primitives: Primitives): Promise<Suite> {
	// A page that never speaks a suite never loads it.
	if (name !== 'xsalsa20-poly1305') {
		await primitives.loadAead?.(name);
		return aeadSuite(name, primitives);
	}
	const { xsalsaSuite } = await import('@linkscope/crypto/nacl');
	return xsalsaSuite(primitives);
}
