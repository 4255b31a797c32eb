import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { codeOf } from '@linkscope/core';
import {
	acceptInvite,
	type Connection,
	createIdentity,
	createInvite,
	getConnectionInstrumentationReport,
	getConnectionInstrumentationStats,
	issuedInvites,
	type Listener,
	listen,
	memoryObjectStore,
	NetworkPlugin,
	onFile,
	type Plugin,
	StatisticsPlugin,
	SyncPlugin,
	sendFile,
} from '../index.js';
import { timeOf, writeSteps } from './demo-log.js';
import type { DemoEvent, DemoFile, DemoOrder, Role } from './demo-messages.js';

/** What an inviter has to share: enough for some batches. */
const NOTES = 200;
const FILE_BYTES = 512 * 1024;
/** The largest file that an inviter takes of whoever has paired. */
const MAX_RECEIVED_BYTES = 64 * 1024 * 1024;

/** A peer of the demo in a process of its own: does what it is told and tells what happens, until whoever started it is gone. */
export async function runDemoPeer(role: Role): Promise<number> {
	// Ctrl-C reaches every process of a terminal; this one ends when the demo does.
	process.on('SIGINT', () => {});
	writeSteps(role.toUpperCase(), (time, line) => tell({ type: 'log', time, line }));
	const peer = role === 'inviter' ? new DemoInviter() : new DemoInvitee();
	process.on('message', (order: DemoOrder) => {
		peer.obey(order).catch((error) => tell({ type: 'failed', step: order.do, code: codeOf(error) ?? 'INTERNAL', message: error.message }));
	});
	tell({ type: 'ready' });
	await new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));
	await peer.close();
	return 0;
}

function tell(event: DemoEvent): void {
	if (process.connected) process.send?.(event);
}

function note(line: string): void {
	tell({ type: 'log', time: timeOf(performance.now()), line });
}

abstract class DemoPeer {
	protected readonly identity = createIdentity();
	protected readonly store = memoryObjectStore();
	protected connection: Connection | null = null;

	abstract obey(order: DemoOrder): Promise<void>;
	abstract close(): Promise<void>;

	protected plugins(): Plugin[] {
		return [new StatisticsPlugin(), new NetworkPlugin(), new SyncPlugin({ store: this.store })];
	}

	protected tellResult(): void {
		const snapshot = getConnectionInstrumentationStats().connections.find(({ id }) => id === this.connection?.id);
		tell({ type: 'told', stages: snapshot?.stages ?? [], report: String(getConnectionInstrumentationReport()) });
	}
}

class DemoInviter extends DemoPeer {
	#listener: Listener | null = null;
	/** The invite that is good now. */
	#current = '';
	async obey(order: DemoOrder): Promise<void> {
		if (order.do === 'wait') await this.#wait(order.relay);
		else if (order.do === 'invite') await this.#invite(order.prefix);
		else if (order.do === 'send') await this.#send();
		else if (order.do === 'tell') this.tellResult();
	}

	async close(): Promise<void> {
		await this.#listener?.close();
	}

	/** Behind a NAT, as it were: it has no port, so everybody comes over the relay. */
	async #wait(relay: string): Promise<void> {
		for (let i = 1; i <= NOTES; i++) await this.store.put(new TextEncoder().encode(`note ${i} of ${this.identity.fingerprint}`));
		const folder = temporaryFolder();
		this.#listener = await listen({
			identity: this.identity,
			invites: issuedInvites,
			relays: [relay],
			plugins: () => this.plugins(),
			onConnection: (connection) => {
				this.connection = connection;
				connection.onMessage.on((message) => connection.send(message));
				takeFiles(connection, folder);
				connection.onState.on((state) => {
					if (state === 'ACTIVE') void this.#tellIfUsed();
				});
			},
		});
		tell({ type: 'waiting' });
	}

	async #invite(prefix?: string): Promise<void> {
		const relays = this.#listener?.relays.map(({ relay }) => relay);
		const invite = await createInvite({ identity: this.identity, relays });
		const link = invite.link(prefix);
		this.#current = invite.id;
		note(`📤 Invite created: ${shortened(link)}`);
		tell({ type: 'invite', link, expiresAt: invite.expiresAt });
	}

	async #send(): Promise<void> {
		if (this.connection === null) throw new TypeError('nobody to send to');
		const file = new Blob([randomBytes(FILE_BYTES)]);
		await sendFile(this.connection, file, { name: 'holiday.jpg' });
		tell({ type: 'sent', ...(await described('holiday.jpg', file)) });
	}

	/** Those who were paired before come back without using one up. */
	async #tellIfUsed(): Promise<void> {
		const current = await issuedInvites.find(this.#current);
		if (current?.state !== 'used') return;
		this.#current = '';
		tell({ type: 'used' });
	}
}

class DemoInvitee extends DemoPeer {
	async obey(order: DemoOrder): Promise<void> {
		if (order.do === 'accept') await this.#accept(order.link);
		else if (order.do === 'tell') this.tellResult();
	}

	async close(): Promise<void> {
		await this.connection?.close();
	}

	async #accept(link: string): Promise<void> {
		note(`📥 Invite pasted: ${shortened(link)}`);
		const connection = await acceptInvite(link, { identity: this.identity, plugins: () => this.plugins() });
		this.connection = connection;
		onFile(connection, async (file) => {
			const { name, blob } = await file.accept();
			if (blob === undefined) throw new TypeError('the file did not become a blob');
			const received = await described(name, blob);
			note(`📄 File received: ${name}, ${received.bytes.toLocaleString('en')} bytes, SHA-256 ${received.sha256.slice(0, 12)}…`);
			tell({ type: 'received', ...received });
		});
		const { objects } = await connection.plugin<SyncPlugin>('sync').sync();
		tell({ type: 'synced', objects });
	}
}

function takeFiles(connection: Connection, folder: string): void {
	onFile(
		connection,
		async (file) => {
			const { name, path = '' } = await file.accept({ folder });
			tell({ type: 'received', path, ...(await described(name, new Blob([await readFile(path)]))) });
		},
		{ maxBytes: MAX_RECEIVED_BYTES },
	);
}

/** For as long as this process is there, however it ends. */
function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'linkscope-demo-'));
	process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

async function described(name: string, file: Blob): Promise<DemoFile> {
	const content = Buffer.from(await file.arrayBuffer());
	return { name, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** Neither the secret nor a line's end is for a log. */
function shortened(link: string): string {
	const [prefix, fragment = ''] = link.split('#');
	return `${prefix}#${fragment.slice(0, 12)}… (${link.length} characters)`;
}
