import { connect } from 'node:net';

// Written on one line: an inline command of Redis, so that no client is needed.
const SCRIPT = `
local live, dead, doubled = 0, 0, 0
for _, at in ipairs(redis.call('KEYS', 'linkscope:at:*')) do
	local here = 0
	for _, value in ipairs(redis.call('HVALS', at)) do
		if redis.call('EXISTS', 'linkscope:node:' .. string.match(value, '^%S+')) == 1 then here = here + 1 else dead = dead + 1 end
	end
	live = live + here
	if here > 1 then doubled = doubled + 1 end
end
return redis.status_reply(live .. ' ' .. dead .. ' ' .. doubled .. ' ' .. #redis.call('KEYS', 'linkscope:node:*'))`.replace(/\s+/g, ' ');

/** @returns what Redis holds: registrations of living and of dead nodes, keys that are registered more than once, and nodes. */
export async function registryState(port) {
	const socket = connect(port, '127.0.0.1');
	socket.write(`EVAL "${SCRIPT}" 0\r\n`);
	let answer = '';
	for await (const chunk of socket) {
		answer += chunk;
		if (answer.endsWith('\r\n')) break;
	}
	if (!answer.startsWith('+')) throw new Error(`Redis said: ${answer}`);
	const [live, dead, doubled, nodes] = answer.slice(1).trim().split(' ').map(Number);
	return { live, dead, doubled, nodes };
}
