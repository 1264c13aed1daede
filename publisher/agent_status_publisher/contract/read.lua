-- read(KEYS: workers index
--      ARGV: what worker keys start with, most workers to look at, most bytes of records, ALL or NAMED,
--            then (worker id, '<seq> <at>' of the report that the reader knows, or '' if it knows none), …)
--   → {now, {worker id, …}, row, …}
--
-- One consistent cut of what the reader does not know, and of Redis's clock in ms, by which it knows how old reports are.
--   {worker id, seq, at, record}  a report that the reader does not know
--   {worker id}                   a worker that the reader names, and Redis does not hold
--   the ids beside `now`          workers left for further calls, which name them: they are too many, or too long
-- What the reader names and the answer does not is stored exactly as the reader knows it.
-- With ALL, the workers are those of the index, and with NAMED those that the reader names.
-- A hash that has ended, or that is not a report, or a key of the wrong type is not held.
local prefix, most_workers, most_bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local FIRST = 5 -- of the arguments that name a worker

local time = redis.call('TIME')
local left = {}
local answer = {string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)), left}
local looked, bytes = 0, 0

-- Fields of a hash; none if the key is of another type. To ask each key's type first would cost as much again.
local function fields(key, ...)
  local values = redis.pcall('HMGET', key, ...)
  if not values.err then return values end
  if string.find(tostring(values.err), 'WRONGTYPE', 1, true) then return {} end
  return redis.call('HMGET', key, ...) -- raises the error as it is
end

local function look(worker, known, is_named)
  -- A report that the reader does not know has no room once the bytes are used up: it is not even looked at.
  if looked >= most_workers or (known == '' and bytes >= most_bytes) then
    left[#left + 1] = worker
    return
  end
  looked = looked + 1
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

local kind = redis.call('TYPE', KEYS[1])
kind = type(kind) == 'table' and kind.ok or kind
local workers = kind == 'zset' and redis.call('ZRANGE', KEYS[1], 0, -1) or {}
local waits = {} -- worker id → true while it has not been looked at
for _, worker in ipairs(workers) do waits[worker] = true end
-- First those that the reader knows: when there are too many workers, the others are probably in its next calls.
for i = FIRST, #ARGV, 2 do
  local worker = ARGV[i]
  if waits[worker] then
    waits[worker] = nil
    look(worker, ARGV[i + 1], true)
  else
    looked = looked + 1
    answer[#answer + 1] = {worker}
  end
end
for _, worker in ipairs(workers) do
  if waits[worker] then look(worker, '', false) end
end
return answer
