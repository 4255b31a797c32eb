import { codeOf } from '@linkscope/core';
import { SessionError } from '../session-error.js';

/**
 * Loads a package that only some applications install.
 * @throws SessionError SESSION_STORE_PACKAGE_MISSING saying which to install.
 */
export async function optionalPackage<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
	try {
		return await load();
	} catch (error) {
		// Node's names for it; a browser has none, but there the bundler has complained before.
		if (!['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(codeOf(error) ?? '')) throw error;
		throw new SessionError('SESSION_STORE_PACKAGE_MISSING', `${purpose} needs the package ${name}, which is not installed: npm install ${name}`, {
			cause: error,
		});
	}
}
