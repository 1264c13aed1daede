-- write(KEYS: worker hash, workers index, runs, kept index
--       ARGV: channel, worker id, seq, ttl in ms, record, PUBLISH or SPUBLISH,
--             memory, seq and `at` that the runs below build on; or, if they are all, '', 0 and 0;
--             or, if they are all, the last memory, '' and the earliest that it can be by our clock now,
--             n, then n times (session key, ms since its run began), then (session key, ms since it waits) to the end)
--   → {1, at, publish error or '', memory}  the report is stored, and published unless an error is named
--   → {0, stored seq, ''}                   refused: a report with this seq or a later one is stored already
--   → {2, session key, …}                   refused: another worker began these after the question was asked
--   → {3, '', ''}                           refused: Redis does not remember what the runs build on; name them all
--
-- One call stores a worker's report, publishes it, and indexes the worker, so no reader sees one without the other.
-- Redis stamps `at` from its own clock: every age in the record counts back from it.
-- With the first two keys and six arguments alone nothing is remembered, and no question is refused.
-- With the kept index the report outlives its TTL, so that readers find there what a worker that is gone had ended. The
-- workers index does not name it then: who reads that one alone reads as if the hash were gone.
local hash, index, runs, kept = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local channel, worker, seq, ttl, record, publish = unpack(ARGV, 1, 6)
seq, ttl = tonumber(seq), tonumber(ttl)

local KEPT_MS = 900000       -- for which a report is kept at least, if it is in the kept index
local MAX_KEYS = 500000      -- of all session keys that are remembered, about 75 MB
local FULL_MS = 600000       -- for which a full memory is kept at least: with more live keys, all would forget and name all
local MAX_MS = 86400000      -- for which they are
local MAX_STARTS = 4         -- of each session key
local STEP_MS = 250          -- by which a worker's clock and ours may differ between two reports
local MARK = ''              -- the field that no session key can have: '<when last used> <memory>'
local SOME = 1000            -- arguments of one command

-- A key of the wrong type must not stop a worker's reports, so it is deleted.
local function heal(key, expected)
  local kind = redis.call('TYPE', key)
  kind = type(kind) == 'table' and kind.ok or kind
  if kind ~= 'none' and kind ~= expected then redis.call('DEL', key) end
end
heal(hash, 'hash')
heal(index, 'zset')
if kept then heal(kept, 'zset') end

local stored = redis.call('HGET', hash, 'seq')
if stored then
  if not string.match(stored, '^%d+$') or #stored > 15 then -- no number that a worker could count past
    redis.call('DEL', hash)
    stored = false
  elseif seq <= tonumber(stored) then
    return {0, stored, ''}
  end
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local at = string.format('%.0f', now)

-- Which session keys ARGV[first], ARGV[first + 2], … to ARGV[last] are remembered: [index in ARGV] = '<worker> <ms> …'.
local function remembered(first, last)
  local found = {}
  for from = first, last, 2 * SOME do
    local keys = {}
    for i = from, math.min(last, from + 2 * SOME - 1), 2 do keys[#keys + 1] = ARGV[i] end
    for n, starts in ipairs(redis.call('HMGET', runs, unpack(keys))) do found[from + 2 * n - 2] = starts end
  end
  return found
end

local memory -- as long as it is nil, nothing is remembered
if runs then
  heal(runs, 'hash')
  local used, mark = string.match(redis.call('HGET', runs, MARK) or '', '^(%d+) (%S+)$')
  local is_full = redis.call('HLEN', runs) > MAX_KEYS -- with the mark, which is not one of them
  local is_old = now - (tonumber(string.match(mark or '', '(%d+)$')) or 0) > FULL_MS
  -- After a step back of the clock, what was remembered would lie in the future.
  if not used or tonumber(used) > now or (is_full and is_old) then
    redis.call('DEL', runs)
    mark, is_full = nil, false
  end

  if ARGV[8] == '' then
    -- A step back that is not seen above: all that was remembered before it would seem to be newer than it is.
    if mark == ARGV[7] and now < tonumber(ARGV[9]) - STEP_MS then
      redis.call('DEL', runs)
      mark = nil
    end
  elseif ARGV[7] ~= '' then -- a wipe, an older copy, or a step of the clock has made what is remembered wrong
    local is_known = mark == ARGV[7] and stored and tonumber(stored) >= tonumber(ARGV[8])
    if not is_known or math.abs(now - tonumber(ARGV[9])) > STEP_MS then return {3, '', ''} end
  end

  local last = 10 + 2 * tonumber(ARGV[10])
  local answered = {2}
  for i, starts in pairs(remembered(last + 1, #ARGV)) do
    local asked = now - tonumber(ARGV[i + 1])
    for who, began in string.gmatch(starts or '', '(%S+) (%d+)') do
      if who ~= worker and tonumber(began) > asked then
        answered[#answered + 1] = ARGV[i]
        break
      end
    end
  end
  if #answered > 1 then return answered end

  -- Each worker has a start of its own, so that a late report of one does not take back another's. The newest matter.
  local fields = {MARK, at .. ' ' .. (mark or worker .. '.' .. ARGV[3] .. '.' .. at)}
  for i, starts in pairs(remembered(11, last)) do
    local newest = {{worker, now - tonumber(ARGV[i + 1])}}
    for who, began in string.gmatch(starts or '', '(%S+) (%d+)') do
      if who ~= worker then newest[#newest + 1] = {who, tonumber(began)} end
    end
    table.sort(newest, function(one, other) return one[2] > other[2] end)
    local kept = {}
    for n = 1, math.min(#newest, MAX_STARTS) do kept[n] = newest[n][1] .. string.format(' %.0f', newest[n][2]) end
    if starts or not is_full then
      fields[#fields + 1] = ARGV[i]
      fields[#fields + 1] = table.concat(kept, ' ')
    end
    if #fields >= SOME then
      redis.call('HSET', runs, unpack(fields))
      fields = {MARK, fields[2]}
    end
  end
  redis.call('HSET', runs, unpack(fields))
  if not mark then redis.call('PEXPIRE', runs, MAX_MS) end
  memory = string.match(fields[2], '(%S+)$')
end

-- Name the worker in an index for so long, and drop those whose time there is over.
local function name_in(ids, ms)
  redis.call('ZADD', ids, string.format('%.0f', now + ms), worker)
  redis.call('ZREMRANGEBYSCORE', ids, '-inf', '(' .. at)
  if redis.call('PTTL', ids) < ms then redis.call('PEXPIRE', ids, string.format('%.0f', ms)) end -- only ever longer
end
local kept_ms = kept and math.max(ttl, KEPT_MS) or ttl
redis.call('HSET', hash, 'seq', ARGV[3], 'at', at, 'record', record)
redis.call('PEXPIRE', hash, string.format('%.0f', kept_ms))
name_in(index, ttl)
if kept then name_in(kept, kept_ms) end

-- The report of a user without the channel's right is still read, from the hash.
local published = redis.pcall(publish, channel, worker .. ' ' .. ARGV[3] .. ' ' .. at .. ' ' .. record)
return {1, at, type(published) == 'table' and published.err or '', memory}
