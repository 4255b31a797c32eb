import { asError, PluginError } from '@linkscope/core';
import { type ControlObject, defaultPrimitives, encodeBase64url, integerField, listField, parseControlJson, textField } from '@linkscope/crypto';
import { isObjectId, MAX_OBJECT_BYTES } from './object-store.js';

/** docs/protocol.md#synchronisation. */
export const MAX_BATCH_OBJECTS = 64;
export const MAX_BATCH_BYTES = 2 ** 20;
/** Under way at a time, in each direction; offers likewise. */
export const MAX_SYNCS = 8;

const MAX_NUMBER = 2 ** 32 - 1;
const MAX_CURSOR_CHARACTERS = 256;

/** As they stand on the wire. */
export type SyncMessage = SyncRequest | SyncData | SyncAck | SyncComplete | SyncAbort | SyncOffer | SyncHeard | SyncAnswer | SyncWithdraw;

export interface SyncRequest {
	type: 'sync_request';
	sync: number;
	last_sync?: string;
	objects?: readonly string[];
}

export interface SyncData {
	type: 'sync_data';
	sync: number;
	batch: number;
	/** 'id:size'. */
	objects: readonly string[];
	checksum: string;
	cursor?: string;
}

export interface SyncAck {
	type: 'sync_ack';
	sync: number;
	/** Batches that are stored. */
	received: number;
	next_batch?: number;
	/** '1' for each object that is to be sent, '0' for each other. */
	wanted?: string;
	/** Bytes of the first of them that are here already. */
	from?: number;
}

export interface SyncComplete {
	type: 'sync_complete';
	sync: number;
	status: 'complete' | 'aborted' | 'failed';
	total_objects: number;
	total_bytes: number;
}

export interface SyncAbort {
	type: 'sync_abort';
	sync: number;
}

export interface SyncOffer {
	type: 'sync_offer';
	offer: number;
	object: string;
	purpose: string;
}

export interface SyncHeard {
	type: 'sync_heard';
	offer: number;
}

export interface SyncAnswer {
	type: 'sync_answer';
	offer: number;
	status: OfferOutcome;
}

export interface SyncWithdraw {
	type: 'sync_withdraw';
	offer: number;
}

export type OfferOutcome = 'done' | 'refused' | 'failed';

export interface Announced {
	readonly id: string;
	/** In bytes. */
	readonly size: number;
}

const STATUSES: readonly string[] = ['complete', 'aborted', 'failed'];
const OUTCOMES: readonly string[] = ['done', 'refused', 'failed'];
const PURPOSE = /^[a-z][a-z0-9-]{0,31}$/;
const ENTRY = /^([A-Za-z0-9_-]{43}):(0|[1-9][0-9]{0,8})$/;

/** @throws TypeError */
export function checkCursor(since: string | null): string | null {
	if (since === null || (typeof since === 'string' && since.length <= MAX_CURSOR_CHARACTERS)) return since;
	throw new TypeError('since must be the cursor of an earlier synchronisation, or null');
}

/** @throws TypeError */
export function checkPurpose(purpose: string): string {
	if (typeof purpose === 'string' && PURPOSE.test(purpose)) return purpose;
	throw new TypeError('purpose must be 1 to 32 characters of a-z, 0-9 and -, beginning with a letter');
}

/** @throws PluginError MALFORMED_FRAME. */
export function readMessage(text: string): SyncMessage {
	try {
		const object = parseControlJson(text);
		const type = textField(object, 'type');
		if (!Object.hasOwn(readers, type)) throw malformed('a message of an unknown type');
		return (readers[type] as (object: ControlObject) => SyncMessage)(object);
	} catch (error) {
		throw error instanceof PluginError ? error : malformed(asError(error).message);
	}
}

const readers: Readonly<Record<string, (object: ControlObject) => SyncMessage>> = {
	sync_request: (object) => ({ type: 'sync_request', sync: number(object, 'sync'), last_sync: cursor(object, 'last_sync'), objects: ids(object) }),
	sync_data: (object) => ({
		type: 'sync_data',
		sync: number(object, 'sync'),
		batch: number(object, 'batch'),
		objects: listField(object, 'objects'),
		checksum: textField(object, 'checksum'),
		cursor: cursor(object, 'cursor'),
	}),
	sync_ack: (object) => ({
		type: 'sync_ack',
		sync: number(object, 'sync'),
		received: number(object, 'received', 0),
		next_batch: object.next_batch === undefined ? undefined : number(object, 'next_batch'),
		wanted: object.wanted === undefined ? undefined : textField(object, 'wanted'),
		from: object.from === undefined ? undefined : integerField(object, 'from', 1, MAX_OBJECT_BYTES - 1),
	}),
	sync_complete: (object) => ({
		type: 'sync_complete',
		sync: number(object, 'sync'),
		status: oneOf(object, 'status', STATUSES) as SyncComplete['status'],
		total_objects: integerField(object, 'total_objects'),
		total_bytes: integerField(object, 'total_bytes'),
	}),
	sync_abort: (object) => ({ type: 'sync_abort', sync: number(object, 'sync') }),
	sync_offer: (object) => ({ type: 'sync_offer', offer: number(object, 'offer'), object: id(textField(object, 'object')), purpose: purpose(object) }),
	sync_heard: (object) => ({ type: 'sync_heard', offer: number(object, 'offer') }),
	sync_answer: (object) => ({ type: 'sync_answer', offer: number(object, 'offer'), status: oneOf(object, 'status', OUTCOMES) as OfferOutcome }),
	sync_withdraw: (object) => ({ type: 'sync_withdraw', offer: number(object, 'offer') }),
};

/** What a batch announces. @throws PluginError MALFORMED_FRAME, SYNC_TOO_BIG. */
export function readAnnouncement({ objects, checksum }: SyncData): Announced[] {
	const announced = objects.map((text) => {
		const [, name = '', digits] = ENTRY.exec(text) ?? [];
		return { id: id(name), size: Number(digits) };
	});
	if (announced.length === 0) throw malformed('a batch of nothing');
	if (checksum !== checksumOf(objects)) throw malformed('a batch with a wrong checksum');
	const largest = Math.max(...announced.map(({ size }) => size));
	if (largest > MAX_OBJECT_BYTES) throw tooBig(`an object of ${largest} bytes, at most ${MAX_OBJECT_BYTES} are taken`);
	const bytes = sumOfSizes(announced);
	if (announced.length > 1 && bytes > MAX_BATCH_BYTES) throw tooBig(`a batch of ${bytes} bytes, at most ${MAX_BATCH_BYTES} are taken`);
	return announced;
}

/** The message that announces a batch. */
export function announcement(sync: number, batch: number, announced: readonly Announced[], cursor: string | undefined): SyncData {
	const objects = announced.map(({ id, size }) => `${id}:${size}`);
	return { type: 'sync_data', sync, batch, objects, checksum: checksumOf(objects), cursor };
}

export function sumOfSizes(announced: readonly Announced[]): number {
	return announced.reduce((bytes, { size }) => bytes + size, 0);
}

export function malformed(what: string): PluginError {
	return new PluginError('MALFORMED_FRAME', `sync: ${what}; is the same plugin at the same place on both ends?`);
}

export function outOfOrder(what: string): PluginError {
	return new PluginError('PROTOCOL_ORDER', `sync: the peer sent ${what}`);
}

export function tooBig(what: string): PluginError {
	return new PluginError('SYNC_TOO_BIG', `sync: the peer announced ${what}`);
}

function checksumOf(objects: readonly string[]): string {
	return encodeBase64url(defaultPrimitives().hash('SHA256', new TextEncoder().encode(objects.join(','))));
}

function number(object: ControlObject, key: string, min = 1): number {
	return integerField(object, key, min, MAX_NUMBER);
}

function cursor(object: ControlObject, key: string): string | undefined {
	if (object[key] === undefined) return undefined;
	const text = textField(object, key);
	if (text.length > MAX_CURSOR_CHARACTERS) throw malformed(`a cursor of more than ${MAX_CURSOR_CHARACTERS} characters`);
	return text;
}

function ids(object: ControlObject): readonly string[] | undefined {
	if (object.objects === undefined) return undefined;
	const list = listField(object, 'objects');
	for (const name of list) id(name);
	if (list.length === 0 || new Set(list).size < list.length) throw malformed('a request for nothing, or twice for the same');
	if (object.last_sync !== undefined) throw malformed('a request both for named objects and for all since');
	return list;
}

function id(text: string): string {
	if (!isObjectId(text)) throw malformed('the name of an object that is none');
	return text;
}

function purpose(object: ControlObject): string {
	const text = textField(object, 'purpose');
	if (!PURPOSE.test(text)) throw malformed('an offer without a purpose');
	return text;
}

function oneOf(object: ControlObject, key: string, allowed: readonly string[]): string {
	const text = textField(object, key);
	if (!allowed.includes(text)) throw malformed(`a ${key} that is unknown`);
	return text;
}
