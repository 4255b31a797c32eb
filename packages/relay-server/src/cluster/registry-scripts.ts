/** Names in Redis. */
export const nodeName = (node: string): string => `linkscope:node:${node}`;
export const evictChannel = (node: string): string => `linkscope:evict:${node}`;
export const keyName = (key: string): string => `linkscope:at:${key}`;
export const SECRET_NAME = 'linkscope:secret';

// A registration is a field of its key's hash: its id, and as value its node, its time and its hints as JSON, with a space between.
// It counts only while the name of its node is there; who meets another takes it out.

/**
 * Writes down and takes out. KEYS: of the registrations; ARGV: limit of a key, its lifetime in ms, then for each registration its id and its value ('' takes it out).
 * Whoever is one too many is told through its node's channel.
 */
export const CHANGE = `
local limit = tonumber(ARGV[1])
for i, at in ipairs(KEYS) do
	local id, value = ARGV[2 * i + 1], ARGV[2 * i + 2]
	if value == '' then
		redis.call('HDEL', at, id)
	else
		redis.call('HSET', at, id, value)
		redis.call('PEXPIRE', at, ARGV[2])
		if redis.call('HLEN', at) > limit then
			local waiting = {}
			local all = redis.call('HGETALL', at)
			for j = 1, #all, 2 do
				local node, since = string.match(all[j + 1], '^(%S+) (%d+) ')
				if node and redis.call('EXISTS', 'linkscope:node:' .. node) == 1 then
					waiting[#waiting + 1] = { id = all[j], node = node, since = tonumber(since) }
				else
					redis.call('HDEL', at, all[j])
				end
			end
			table.sort(waiting, function(a, b) return a.since < b.since or (a.since == b.since and a.id < b.id) end)
			for j = 1, #waiting - limit do
				redis.call('HDEL', at, waiting[j].id)
				redis.call('PUBLISH', 'linkscope:evict:' .. waiting[j].node, waiting[j].id)
			end
		end
	end
end`;

/** KEYS: of one key. Returns id, value and address of the node, for each registration. */
export const FIND = `
local found = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
	local node = string.match(all[i + 1], '^(%S+) ')
	local url = node and redis.call('GET', 'linkscope:node:' .. node)
	if url then
		found[#found + 1] = all[i]
		found[#found + 1] = all[i + 1]
		found[#found + 1] = url
	else
		redis.call('HDEL', KEYS[1], all[i])
	end
end
return found`;
