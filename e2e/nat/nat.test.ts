import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFromSource } from '../../examples/run-from-source.js';
import { makeNetwork, mayMakeNamespaces, type Network, type Place } from './namespaces.js';

describe.skipIf(!mayMakeNamespaces())('two peers that can reach a relay and not each other (network namespaces, root)', () => {
	let network: Network;
	const children: ChildProcess[] = [];

	beforeAll(() => {
		network = makeNetwork();
	});

	afterAll(async () => {
		for (const child of children) {
			if (child.exitCode !== null) continue;
			child.kill();
			await once(child, 'exit');
		}
		network?.remove();
	});

	async function run(place: Place, program: string, ...args: string[]): Promise<ChildProcess> {
		const file = await bundleFromSource(new URL(program, import.meta.url));
		const child = spawn('ip', ['netns', 'exec', place.name, process.execPath, file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
		children.push(child);
		return child;
	}

	async function firstLine({ stdout }: ChildProcess): Promise<string> {
		if (!stdout) throw new Error('no output');
		for await (const line of createInterface({ input: stdout })) return line;
		throw new Error('the process ended without a word');
	}

	it('have no way to each other', () => {
		const { inviter, invitee } = network;
		const ping = spawnSync('ip', ['netns', 'exec', invitee.name, process.execPath, '-e', tryToReach(inviter.address)]);
		expect(String(ping.stdout)).toMatch(/^(ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|nothing)/);
	});

	it('do the whole invite flow through it, though the invite names a direct address too', async () => {
		const { relay, inviter, invitee } = network;
		expect(await firstLine(await run(relay, 'relay.mjs'))).toBe('ready');
		// Each sees the relay at another address; the invite names the invitee's.
		const link = await firstLine(await run(inviter, 'inviter.mjs', `ws://${inviter.relayAddress}:4190`, inviter.address, `ws://${invitee.relayAddress}:4190`));
		const { value, transport, stages } = JSON.parse(await firstLine(await run(invitee, 'invitee.mjs', link)));
		expect(value).toBe('echo of hello');
		expect(transport).toBe('relay');
		expect(stages).toEqual(['validate', 'discover', 'connect', 'auth', 'encrypt', 'pair', 'total']);
	});
});

function tryToReach(address: string): string {
	const options = JSON.stringify({ host: address, port: 4190 });
	return `const socket = require('node:net').connect(${options}); socket.setTimeout(1000, () => { console.log('nothing'); socket.destroy(); });
		socket.on('connect', () => { console.log('reached'); socket.destroy(); }).on('error', ({ code }) => console.log(code));`;
}
