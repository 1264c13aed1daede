-- write(KEYS: worker hash, workers index; ARGV: channel, worker id, seq, ttl in ms, record, PUBLISH or SPUBLISH)
--   → {1, at, publish error or ''}   the report is stored, and published unless an error is named
--   → {0, stored seq, ''}            refused: a report with this seq or a later one is stored already
--
-- One call stores a worker's report, publishes it, and indexes the worker, so no reader sees one without the other.
-- Redis stamps `at` from its own clock: every age in the record counts back from it.
local hash, index = KEYS[1], KEYS[2]
local channel, worker, seq, ttl, record, publish = unpack(ARGV)
seq, ttl = tonumber(seq), tonumber(ttl)

-- A key of the wrong type must not stop a worker's reports, so it is deleted.
local function heal(key, expected)
  local kind = redis.call('TYPE', key)
  kind = type(kind) == 'table' and kind.ok or kind
  if kind ~= 'none' and kind ~= expected then redis.call('DEL', key) end
end
heal(hash, 'hash')
heal(index, 'zset')

local stored = redis.call('HGET', hash, 'seq')
if stored then
  if not string.match(stored, '^%d+$') or #stored > 15 then -- no number that a worker could count past
    redis.call('DEL', hash)
  elseif seq <= tonumber(stored) then
    return {0, stored, ''}
  end
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local at = string.format('%.0f', now)

redis.call('HSET', hash, 'seq', ARGV[3], 'at', at, 'record', record)
redis.call('PEXPIRE', hash, ARGV[4])
redis.call('ZADD', index, string.format('%.0f', now + ttl), worker)
redis.call('ZREMRANGEBYSCORE', index, '-inf', '(' .. at)
if redis.call('PTTL', index) < ttl then redis.call('PEXPIRE', index, ARGV[4]) end -- only ever longer

-- The report of a user without the channel's right is still read, from the hash.
local published = redis.pcall(publish, channel, worker .. ' ' .. ARGV[3] .. ' ' .. at .. ' ' .. record)
return {1, at, type(published) == 'table' and published.err or ''}
