import { join } from 'node:path';
import type { Unsubscribe } from '@linkscope/core';
import type { FilePartner } from './file-partner.js';
import { blobSource } from './file-source.js';
import type { AcceptFileOptions } from './incoming-file.js';
import { partFile } from './part-file.js';
import { pathSource } from './path-source.js';
import { type FileHandler, type OnFileOptions, receiveFiles } from './receive-files.js';
import { type SendFileOptions, type SentFile, sendSource } from './send-source.js';

/** Without `path`, `folder` and `store` the file becomes a blob in memory. */
export interface AcceptOptions extends AcceptFileOptions {
	/** The file it shall be; nobody else may read it. */
	path?: string;
	/** The folder it goes to, under the name that its sender gave it, made safe; one that is taken gets a number: `report (2).pdf`. */
	folder?: string;
	/** Replaces what is there. Default false. */
	overwrite?: boolean;
}

/**
 * Sends a file: it is read once to name what is in it, and then as the peer asks for it. Resolves when the peer has it whole.
 * Sent again after a failure, to a peer that keeps what it has, it goes on where it stopped. Both ends need a SyncPlugin.
 * @param to a connection; or a Peer: where its data channel breaks off, the file is offered again over the next, perhaps one that had just arrived.
 * @param file a path or a Blob.
 * @throws FileError FILE_REFUSED, FILE_FAILED, FILE_CHANGED, FILE_UNREADABLE; SyncError SYNC_TIMEOUT, SYNC_ABORTED, SYNC_INTERRUPTED; PluginError PLUGIN_NOT_FOUND.
 */
export async function sendFile(to: FilePartner, file: string | Blob, options: SendFileOptions = {}): Promise<SentFile> {
	if (typeof file === 'string') return sendSource(to, await pathSource(file), options);
	if (file instanceof Blob) return sendSource(to, blobSource(file), options);
	throw new TypeError(`a file is a path or a Blob, got ${file === null ? 'null' : typeof file}`);
}

/**
 * Handles files that the peer offers. Call it as soon as you hold the connection: what is offered waits a second for a handler and is refused then.
 * @param from a connection, or a Peer with all that it has and will have: call it in `onPeer`.
 * @returns its undo. @throws PluginError PLUGIN_NOT_FOUND; TypeError where there is a handler already.
 */
export function onFile(from: FilePartner, handler: FileHandler<AcceptOptions>, options: OnFileOptions = {}): Unsubscribe {
	return receiveFiles(from, handler, options, (plan, name, { path, folder, overwrite = false, store }) => {
		if ([path, folder, store].filter((each) => each !== undefined).length > 1) throw new TypeError('a file goes to a path, a folder or a store: give one');
		if (path !== undefined) return partFile(plan, { path, overwrite, rename: false });
		if (folder !== undefined) return partFile(plan, { path: join(folder, name), overwrite, rename: true });
		return undefined;
	});
}
