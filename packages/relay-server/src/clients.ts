import type { Admission, AdmissionLimit } from './limits/admission.js';
import type { Goodbye } from './refusals.js';
import { Session, type SessionParts } from './session.js';
import type { RelaySocket } from './wire/relay-socket.js';

/** Everybody who is connected, other nodes apart. */
export class Clients {
	readonly #sessions = new Map<RelaySocket, Session>();
	readonly #admission: Admission;
	readonly #parts: SessionParts;
	#whenNone: (() => void) | null = null;

	constructor(admission: Admission, parts: Omit<SessionParts, 'ended'>) {
		this.#admission = admission;
		this.#parts = { ...parts, ended: (session) => this.#forget(session) };
	}

	get count(): number {
		return this.#sessions.size;
	}

	/** @param open answers the upgrade. @returns the limit that was met, null where `open` was called. */
	take(group: string, open: () => RelaySocket | null): AdmissionLimit | null {
		const limit = this.#admission.enter(group);
		if (limit !== null) return limit;
		const socket = open();
		if (socket === null) this.#admission.leave(group);
		else this.#sessions.set(socket, new Session(socket, group, this.#parts));
		return null;
	}

	end(socket: RelaySocket, goodbye: Goodbye): void {
		this.#sessions.get(socket)?.end(goodbye);
	}

	/** Tells all who are not spliced to come back. */
	restart(): void {
		for (const session of this.#sessions.values()) session.restart();
	}

	/** Resolves when nobody is left; asked once. */
	none(): Promise<void> {
		return new Promise((resolve) => {
			this.#whenNone = resolve;
			if (this.#sessions.size === 0) resolve();
		});
	}

	/** Ends those at once who do not go. */
	cutOff(): void {
		for (const session of this.#sessions.values()) session.socket.terminate();
	}

	#forget({ socket, group }: Session): void {
		this.#sessions.delete(socket);
		this.#admission.leave(group);
		if (this.#sessions.size === 0) this.#whenNone?.();
	}
}
