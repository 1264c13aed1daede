-- read(KEYS: workers index
--      ARGV: what worker keys start with, most workers to look at, most bytes of records, ALL, KEPT or NAMED,
--            then (worker id, '<seq> <at>' of the report that the reader knows, or '' if it knows none), …)
--   → {now, {worker id, …}, row, …}
--
-- One consistent cut of what the reader does not know, and of Redis's clock in ms, by which it knows how old reports are.
--   {worker id, seq, at, record}  a report that the reader does not know
--   {worker id}                   a worker that the reader names, and Redis does not hold
--   the ids beside `now`          workers left for further calls, which name them: they are too many, or too long
-- What the reader names and the answer does not is stored exactly as the reader knows it.
-- With ALL, the workers are those of the index: if they are too many, all are left. With KEPT they are those of the kept
-- index, in which gone ones are, too. With NAMED they are those that the reader names, in whatever number.
-- A hash that has ended, or that is not a report, or a key of the wrong type is not held. Nor is a worker whose time in
-- the index is over, though its hash may be kept for longer.
local prefix, most_workers, most_bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local FIRST = 5 -- of the arguments that name a worker

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local left, bytes = {}, 0
local answer = {string.format('%.0f', now), left}

-- Fields of a hash; none if the key is of another type. To ask each key's type first would cost as much again.
local function fields(key, ...)
  local values = redis.pcall('HMGET', key, ...)
  if not values.err then return values end
  if string.find(tostring(values.err), 'WRONGTYPE', 1, true) then return {} end
  return redis.call('HMGET', key, ...) -- raises the error as it is
end

local function look(worker, known, is_named)
  -- A report that the reader does not know has no room once the bytes are used up: it is not even looked at.
  if known == '' and bytes >= most_bytes then
    left[#left + 1] = worker
    return
  end
  local key = prefix .. worker
  local stored = fields(key, 'seq', 'at')
  local seq, at = stored[1], stored[2]
  if seq and at then
    if seq .. ' ' .. at == known then return end
    if bytes >= most_bytes then
      left[#left + 1] = worker
      return
    end
    local record = fields(key, 'record')[1]
    if record then
      bytes = bytes + #record
      answer[#answer + 1] = {worker, seq, at, record}
      return
    end
  end
  if is_named then answer[#answer + 1] = {worker} end
end

if ARGV[4] == 'NAMED' then
  for i = FIRST, #ARGV, 2 do look(ARGV[i], ARGV[i + 1], true) end
  return answer
end

-- The kept index is named by what worker keys start with, as they are: a reader that may read those may read it.
local index = ARGV[4] == 'KEPT' and prefix .. ':kept' or KEYS[1]
local kind = redis.call('TYPE', index)
kind = type(kind) == 'table' and kind.ok or kind
local scored = kind == 'zset' and redis.call('ZRANGE', index, 0, -1, 'WITHSCORES') or {}
local workers = {}
for i = 1, #scored, 2 do
  if tonumber(scored[i + 1]) >= now then workers[#workers + 1] = scored[i] end
end
local are_too_many = #workers > most_workers
if are_too_many then answer[2] = workers end

local known = {} -- worker id → what the reader knows, until the index has shown the worker
for i = FIRST, #ARGV, 2 do known[ARGV[i]] = ARGV[i + 1] end
for _, worker in ipairs(workers) do
  local report = known[worker]
  if report then known[worker] = nil end
  if not are_too_many then look(worker, report or '', report ~= nil) end
end
for worker in pairs(known) do answer[#answer + 1] = {worker} end
return answer
