import { type AbortSignal, type Connection, codeOf, PluginError } from '@linkscope/core';
import type { SyncPlugin } from '@linkscope/plugins';
import { FileError, type FileProgress } from './file-error.js';
import { connectionTo, type FilePartner, isPeer } from './file-partner.js';
import type { FileSource } from './file-source.js';
import { OfferedFile } from './offered-file.js';

export interface SendFileOptions {
	/** What the peer sees. Default: the file's own name. */
	name?: string;
	/** A media type. Default: the blob's own, of a path none. */
	type?: string;
	/** Takes the offer back, or stops the sending. */
	signal?: AbortSignal;
	/** What was handed to the connection. What it throws ends the sending. */
	onProgress?: (progress: FileProgress) => void;
}

export interface SentFile {
	/** Of this name and content. */
	readonly id: string;
	/** In bytes. */
	readonly size: number;
}

/** Offers a file until the other side has it, refuses it or fails; then closes it. To a peer it is offered again where a connection was lost. */
export async function sendSource(to: FilePartner, source: FileSource, options: SendFileOptions): Promise<SentFile> {
	const { name = source.name, type = source.type, signal } = options;
	try {
		// What is missing is said before a large file is read.
		if (!isPeer(to)) syncOf(to, 'sendFile()');
		const file = await OfferedFile.of({ ...source, name, type }, options);
		for (;;) {
			const connection = await connectionTo(to, signal);
			try {
				return await sendOver(connection, file, name, signal);
			} catch (error) {
				if (!isPeer(to) || codeOf(error) !== 'SYNC_INTERRUPTED') throw error;
			}
		}
	} finally {
		await source.close();
	}
}

async function sendOver(connection: Connection, file: OfferedFile, name: string, signal: AbortSignal | undefined): Promise<SentFile> {
	const sync = syncOf(connection, 'sendFile()');
	const withdraw = sync.serve(file);
	try {
		const outcome = await sync.offer(file.id, 'file', { signal });
		if (outcome !== 'done' && file.failure) throw file.failure;
		if (outcome === 'refused') throw new FileError('FILE_REFUSED', `the peer does not want ${name}; does it call onFile()?`);
		if (outcome === 'failed')
			throw new FileError('FILE_FAILED', `the peer could not receive ${name}; its side knows why. Sent again, it goes on where it stopped`);
		file.done();
		return { id: file.id, size: file.totalBytes };
	} finally {
		withdraw();
	}
}

/** @throws PluginError PLUGIN_NOT_FOUND, naming what to add. */
export function syncOf(connection: Connection, what: string): SyncPlugin {
	if (connection.plugins.includes('sync')) return connection.plugin<SyncPlugin>('sync');
	throw new PluginError(
		'PLUGIN_NOT_FOUND',
		`${what} needs a SyncPlugin on both ends: connect(url, { plugins: [new SyncPlugin()] }), listen() and acceptPeers({ plugins: () => [new SyncPlugin()] })`,
	);
}
