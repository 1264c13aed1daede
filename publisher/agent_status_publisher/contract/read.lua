-- read(KEYS: workers index; ARGV: what worker keys start with) → {now, {worker id, seq, at, record}, …}
--
-- One consistent cut of every worker's newest word and of Redis's clock in ms, by which a reader tells how old each is.
-- A hash that has ended or a key of the wrong type is nobody's word and is left out.
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
    local word = redis.call('HMGET', key, 'seq', 'at', 'record')
    if word[1] and word[2] and word[3] then cut[#cut + 1] = {worker, word[1], word[2], word[3]} end
  end
end
return cut
