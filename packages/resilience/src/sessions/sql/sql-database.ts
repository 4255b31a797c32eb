/** What the storage asks of a database; of both kinds, so that they have one schema and one set of statements. */
export interface SqlDatabase {
	/** Several statements in one, without parameters. */
	exec(text: string): Promise<unknown>;
	query(text: string, parameters: readonly unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
	close(): Promise<void>;
}
