import { asError, codeOf } from '@linkscope/core';
import { SessionError } from '../session-error.js';
import type { SessionState } from '../session-state.js';
import type { SessionBatch, SessionStorage } from '../session-storage.js';
import type { SqlDatabase } from './sql-database.js';
import { CREATE, LOAD, PUT, REMOVE } from './statements.js';

export interface SqlStorageOptions {
	/** Which of several managers that share a database this one is: it takes up its own sessions alone. Default 'main'. */
	node?: string;
}

/** Sessions in a table, in a database that is opened when it is first needed and again after it could not be. */
export class SqlStorage implements SessionStorage {
	readonly name: string;
	readonly #open: () => Promise<SqlDatabase>;
	readonly #node: string;
	#database: Promise<SqlDatabase> | null = null;

	/** @param name without credentials. */
	constructor(name: string, open: () => Promise<SqlDatabase>, options: SqlStorageOptions = {}) {
		const { node = 'main' } = options;
		if (typeof node !== 'string' || node === '') throw new TypeError(`node must be a non-empty string, got ${JSON.stringify(node)}`);
		this.name = name;
		this.#open = open;
		this.#node = node;
	}

	load(): Promise<readonly unknown[]> {
		return this.#use(async (database) => {
			const { rows } = await database.query(LOAD, [this.#node]);
			return rows.map((row) => ({ ...(row as object), metadata: parsed((row as { metadata: string | null }).metadata) }));
		});
	}

	write({ put, remove }: SessionBatch): Promise<void> {
		return this.#use(async (database) => {
			if (put.length > 0) await database.query(PUT, [JSON.stringify(put.map(asRow)), this.#node]);
			if (remove.length > 0) await database.query(REMOVE, [JSON.stringify(remove), this.#node]);
		});
	}

	async close(): Promise<void> {
		const database = this.#database;
		this.#database = null;
		// What was never opened need not be closed.
		await (await database?.catch(() => null))?.close();
	}

	async #use<T>(work: (database: SqlDatabase) => Promise<T>): Promise<T> {
		try {
			this.#database ??= this.#prepare();
			return await work(await this.#database);
		} catch (error) {
			throw this.#explained(error);
		}
	}

	async #prepare(): Promise<SqlDatabase> {
		try {
			const database = await this.#open();
			try {
				await database.exec(CREATE);
			} catch (error) {
				await database.close().catch(() => {});
				throw error;
			}
			return database;
		} catch (error) {
			this.#database = null;
			throw error;
		}
	}

	#explained(error: unknown): SessionError {
		if (error instanceof SessionError) return error;
		const code = codeOf(error);
		const text = `${asError(error).message}${code ? ` (${code})` : ''}`;
		// Class 42: the table is another than ours. XX: what is on disk cannot be read.
		if (code && /^(42(?!501)|XX00[12])/.test(code)) {
			return new SessionError('SESSION_STORE_CORRUPT', `the sessions in ${this.name} cannot be used: ${text}; mend or move away the table linkscope_sessions`, {
				cause: error,
			});
		}
		return new SessionError('SESSION_STORE_UNREACHABLE', `the sessions in ${this.name} cannot be reached: ${text}`, { cause: error });
	}
}

function asRow(state: SessionState): object {
	return state.metadata ? { ...state, metadata: JSON.stringify(state.metadata) } : state;
}

/** What is no JSON comes back as the text it is, which no session has. */
function parsed(metadata: string | null): unknown {
	if (metadata === null) return null;
	try {
		return JSON.parse(metadata);
	} catch {
		return metadata;
	}
}
