import type { Unsubscribe } from '@linkscope/core';
import { MAX_CONTROL_BYTES } from '@linkscope/crypto';
import { FILE_PURPOSE, readManifest } from './file-manifest.js';
import { type FilePartner, onEachConnection } from './file-partner.js';
import { type AcceptFileOptions, fetchOne, IncomingFile, type OpenPlace } from './incoming-file.js';
import { syncOf } from './send-source.js';

export interface OnFileOptions {
	/** Larger files are refused unseen. Default: none is. */
	maxBytes?: number;
}

/** Looks at a file and accepts it, or not: what is not accepted when it has ended is refused. */
export type FileHandler<O extends AcceptFileOptions> = (file: IncomingFile<O>) => void | Promise<void>;

export function receiveFiles<O extends AcceptFileOptions>(
	from: FilePartner,
	handler: FileHandler<O>,
	{ maxBytes = Number.POSITIVE_INFINITY }: OnFileOptions,
	openPlace: OpenPlace<O>,
): Unsubscribe {
	if (typeof handler !== 'function') throw new TypeError('onFile takes a handler: onFile(connection, async (file) => { await file.accept() })');
	return onEachConnection(from, (connection) => {
		const sync = syncOf(connection, 'onFile()');
		return sync.onOffer(FILE_PURPOSE, async (object, signal) => {
			const manifest = readManifest(await fetchOne(sync, object, signal, MAX_CONTROL_BYTES));
			if (manifest.size > maxBytes) return 'refused';
			const file = new IncomingFile(manifest, sync, signal, openPlace);
			await handler(file);
			return file.outcome();
		});
	});
}
