import { execFileSync, spawnSync } from 'node:child_process';

/** A relay in the middle and two peers that each share a wire with it and with nobody else, as behind two NATs. */
export interface Network {
	readonly relay: Place;
	readonly inviter: Place;
	readonly invitee: Place;
	remove(): void;
}

export interface Place {
	/** Name of the network namespace. */
	readonly name: string;
	/** Of the inviter and the invitee: their own address. Of the relay: none, since each sees another. */
	readonly address: string;
	/** Where the relay is, seen from here. */
	readonly relayAddress: string;
}

/** Network namespaces need Linux, the ip command, root, and a machine that lets root make them (not every container does). */
export function mayMakeNamespaces(): boolean {
	const name = `ls-probe-${process.pid}`;
	if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return false;
	spawnSync('ip', ['netns', 'delete', name]);
	return true;
}

/** Addresses of documentation (RFC 5737), in namespaces of their own: nothing of this machine's network is touched. */
export function makeNetwork(): Network {
	const names = { relay: `ls-relay-${process.pid}`, inviter: `ls-inviter-${process.pid}`, invitee: `ls-invitee-${process.pid}` };
	const remove = (): void => {
		for (const name of Object.values(names)) spawnSync('ip', ['netns', 'delete', name]);
	};
	try {
		for (const name of Object.values(names)) {
			ip('netns', 'add', name);
			ip('-n', name, 'link', 'set', 'lo', 'up');
		}
		wire(names.relay, '192.0.2.1/24', names.inviter, '192.0.2.2/24', 'toinviter');
		wire(names.relay, '198.51.100.1/24', names.invitee, '198.51.100.2/24', 'toinvitee');
	} catch (error) {
		remove();
		throw error;
	}
	return {
		relay: { name: names.relay, address: '0.0.0.0', relayAddress: '127.0.0.1' },
		inviter: { name: names.inviter, address: '192.0.2.2', relayAddress: '192.0.2.1' },
		invitee: { name: names.invitee, address: '198.51.100.2', relayAddress: '198.51.100.1' },
		remove,
	};
}

/** A cable between two namespaces; its default route leads to the relay, which forwards nothing. */
function wire(relay: string, relayAddress: string, peer: string, peerAddress: string, link: string): void {
	ip('-n', relay, 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', peer);
	ip('-n', relay, 'address', 'add', relayAddress, 'dev', link);
	ip('-n', relay, 'link', 'set', link, 'up');
	ip('-n', peer, 'address', 'add', peerAddress, 'dev', 'uplink');
	ip('-n', peer, 'link', 'set', 'uplink', 'up');
	ip('-n', peer, 'route', 'add', 'default', 'via', relayAddress.replace(/\/.*/, ''));
}

function ip(...args: string[]): void {
	execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}
