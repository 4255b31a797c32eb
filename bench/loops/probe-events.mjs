import { hub } from '@linkscope/core';

/** The probe events of one foreign socket from its creation on; each with an address of its own. @returns its id. */
export function tellOfOpenSocket(index, messages) {
	const id = hub.nextId();
	const at = performance.now();
	const url = `wss://host-${index % 1000}.example/rooms/${index}?token=${index}`;
	hub.emit({ type: 'created', id, at, epoch: Date.now(), role: 'observed', transport: 'websocket', remote: url });
	hub.emit({ type: 'state', id, at, from: 'INITIALIZING', to: 'CONNECTING', frames: 0 });
	hub.emit({ type: 'state', id, at: at + 12.5, from: 'CONNECTING', to: 'ACTIVE', frames: 0 });
	for (let i = 0; i < messages; i++) {
		hub.emit({ type: i % 2 ? 'sent' : 'received', id, at: at + 13 + i, bytes: 800, wireBytes: 808, bufferedBytes: 0 });
	}
	return id;
}

/** The end of that socket; one in ten is lost with an error of its own. */
export function tellOfItsEnd(id, index) {
	const at = performance.now() + 100;
	const lost = index % 10 === 0;
	if (lost) hub.emit({ type: 'error', id, at, kind: 'connection', code: 'ECONNRESET', message: `connection ${index} was reset by its peer` });
	const end = lost
		? { state: 'FAILED', code: 1006, reason: '', wasClean: false, initiatedBy: 'network', errorCode: 'ECONNRESET' }
		: { state: 'CLOSED', code: 1000, reason: `Close called: route ${index} was stopped`, wasClean: true, initiatedBy: 'remote', errorCode: null };
	hub.emit({ type: 'state', id, at, from: 'ACTIVE', to: end.state, frames: 10 });
	hub.emit({ type: 'closed', id, at, ...end });
}
