import { readFileSync } from 'node:fs';

const [LOCAL, REMOTE, QUEUES] = [1, 2, 4];

/** Bytes that the kernel itself holds on their way over TCP (IPv4) from or to these ports of this machine. Linux alone. */
export function kernelQueuedBytes(ports) {
	const wanted = new Set(ports);
	const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
	let bytes = 0;
	for (const row of rows) {
		const fields = row.trim().split(/\s+/);
		if (![fields[LOCAL], fields[REMOTE]].some((address) => wanted.has(hex(address.split(':')[1])))) continue;
		for (const queue of fields[QUEUES].split(':')) bytes += hex(queue);
	}
	return bytes;
}

function hex(text) {
	return Number.parseInt(text, 16);
}
