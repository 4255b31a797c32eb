import type { Unsubscribe } from '@linkscope/core';
import type { FilePartner } from './file-partner.js';
import { blobSource } from './file-source.js';
import type { AcceptFileOptions } from './incoming-file.js';
import { type FileHandler, type OnFileOptions, receiveFiles } from './receive-files.js';
import { type SendFileOptions, type SentFile, sendSource } from './send-source.js';

/** The file becomes a blob. */
export type AcceptOptions = AcceptFileOptions;

/**
 * Sends a file: it is read once to name what is in it, and then as the peer asks for it. Resolves when the peer has it whole.
 * Sent again after a failure, to a peer that keeps what it has, it goes on where it stopped. Both ends need a SyncPlugin.
 * @param to a connection; or a Peer: where its data channel breaks off, the file is offered again over the next, perhaps one that had just arrived.
 * @param file a File or another Blob.
 * @throws FileError FILE_REFUSED, FILE_FAILED, FILE_CHANGED, FILE_UNREADABLE; SyncError SYNC_TIMEOUT, SYNC_ABORTED, SYNC_INTERRUPTED; PluginError PLUGIN_NOT_FOUND.
 */
export async function sendFile(to: FilePartner, file: Blob, options: SendFileOptions = {}): Promise<SentFile> {
	if (file instanceof Blob) return sendSource(to, blobSource(file), options);
	throw new TypeError('a file is a Blob here: paths are for Node');
}

/**
 * Handles files that the peer offers. Call it as soon as you hold the connection: what is offered waits a second for a handler and is refused then.
 * @param from a connection, or a Peer with all that it has and will have: call it in `onPeer`.
 * @returns its undo. @throws PluginError PLUGIN_NOT_FOUND; TypeError where there is a handler already.
 */
export function onFile(from: FilePartner, handler: FileHandler<AcceptOptions>, options: OnFileOptions = {}): Unsubscribe {
	return receiveFiles(from, handler, options, (_plan, _name, given) => {
		if ('path' in given || 'folder' in given) throw new TypeError('a page has no files: leave path and folder out, and the file becomes a blob');
		return undefined;
	});
}
