-- What was told, and what is being told. KEYS: one of each thing, all of one namespace.
-- ARGV: verb (note, claim, settle), message id, lease, how long to remember, by how much beginnings may differ (all in
-- milliseconds), then for each thing its age in milliseconds, and 1 if it must have been noted before.
-- The value of a key: when the thing began, the message's id, and until when it is claimed: 0 is free, -1 is told.
-- Answers for each thing: an id, "wait" and milliseconds, or nothing.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local verb, id = ARGV[1], ARGV[2]
local lease, keep, same = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local answers = {}
for place, key in ipairs(KEYS) do
  local began = now - tonumber(ARGV[4 + 2 * place])
  local must_be_noted = ARGV[5 + 2 * place] == '1'
  local known_began, known_id, claimed = string.match(redis.call('GET', key) or '', '^(%-?%d+) (%S+) (%-?%d+)$')
  known_began, claimed = tonumber(known_began), tonumber(claimed)
  local is_known = known_began and math.abs(began - known_began) <= same
  local answer = ''
  if not is_known then
    if verb ~= 'settle' and not must_be_noted then
      local until_ms = verb == 'claim' and now + lease or 0
      redis.call('SET', key, string.format('%d %s %d', began, id, until_ms), 'PX', keep)
      answer = id
    end
  elseif verb == 'settle' then
    if known_id == id then
      redis.call('SET', key, string.format('%d %s -1', known_began, id), 'PX', keep)
    end
  elseif verb == 'claim' and claimed >= 0 then
    if claimed > now and known_id ~= id then
      answer = 'wait ' .. string.format('%d', claimed - now)
    else
      redis.call('SET', key, string.format('%d %s %d', known_began, known_id, now + lease), 'PX', keep)
      answer = known_id
    end
  end
  answers[place] = answer
end
return answers
