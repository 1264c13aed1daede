-- read(KEYS: workers index; ARGV: what worker keys start with) → {now, {worker id, seq, at, record}, …}
--
-- One consistent cut of every worker's newest report and of Redis's clock in ms, by which a reader knows how old each is.
-- A hash that has ended or a key of the wrong type is not a report and is left out.
local function kind_of(key)
  local kind = redis.call('TYPE', key)
  return type(kind) == 'table' and kind.ok or kind
end

local time = redis.call('TIME')
local cut = {string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))}
if kind_of(KEYS[1]) ~= 'zset' then return cut end
for _, worker in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local key = ARGV[1] .. worker
  if kind_of(key) == 'hash' then
    local report = redis.call('HMGET', key, 'seq', 'at', 'record')
    if report[1] and report[2] and report[3] then cut[#cut + 1] = {worker, report[1], report[2], report[3]} end
  end
end
return cut
