-- What was told, and what is being told. KEYS: one for each thing, all of one namespace.
-- ARGV: verb (note, claim, settle), the notifier, the message's id, then in milliseconds the lease, how long to
-- remember, and by how much beginnings may differ; then for each thing its age in milliseconds, and 1 if it must have
-- been noted before.
-- The value of a key: when the thing began, until when it is claimed (0 is free, -1 is told), by which notifier, and
-- the message's id. A hyphen is no notifier, and no id.
-- Answers for each thing: an id, "wait" and milliseconds, or nothing.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local verb, owner, id = ARGV[1], ARGV[2], ARGV[3]
local lease, keep, same = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

local function put(key, began, claimed, by, message)
  redis.call('SET', key, string.format('%d %d %s %s', began, claimed, by, message), 'PX', keep)
end

local function known_of(key, began)
  local pattern = '^(%-?%d+) (%-?%d+) (%S+) (%S+)$'
  local first, claimed, by, message = string.match(redis.call('GET', key) or '', pattern)
  if first and math.abs(began - tonumber(first)) <= same then
    return { began = tonumber(first), claimed = tonumber(claimed), by = by, id = message }
  end
end

local answers = {}
for place, key in ipairs(KEYS) do
  local began = now - tonumber(ARGV[5 + 2 * place])
  local must_be_noted = ARGV[6 + 2 * place] == '1'
  local known = known_of(key, began)
  local answer = ''
  if verb == 'note' then
    if not known and not must_be_noted then put(key, began, 0, '-', '-') end
  elseif verb == 'settle' then
    if known and known.by == owner then put(key, known.began, -1, owner, known.id) end
  elseif not known then
    if not must_be_noted then
      put(key, began, now + lease, owner, id)
      answer = id
    end
  elseif known.claimed > now and known.by ~= owner then
    answer = 'wait ' .. string.format('%d', known.claimed - now)
  elseif known.claimed >= 0 then
    if known.id == '-' then known.id = id end
    put(key, known.began, now + lease, owner, known.id)
    answer = known.id
  end
  answers[place] = answer
end
return answers
