-- What was told, and what is being told. KEYS: one for each thing, all of one namespace.
-- ARGV: verb (note, claim, settle, end), the notifier, the message's id, then in milliseconds the lease, how long to
-- remember, and by how much beginnings may differ; then for each thing its age in milliseconds, 1 if it must have been
-- noted before, the milliseconds since it was not true, or a hyphen where its beginning is known, and the milliseconds
-- since it is over.
-- The value of a key: when the thing began (0 if nothing was noted), until when it is claimed (0 is free, -1 is told), by
-- which notifier, and the message's id. A hyphen is no notifier, and no id. Of what is true of all sessions there follow
-- the last moment before its beginning at which it was not true, the moment at which it was over, and the last at which
-- any notifier saw that it was not true; 0 is never.
-- Answers for each thing: an id, "wait" and milliseconds, or nothing. The rules are those of entries.py and sameness.py.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local verb, owner, id = ARGV[1], ARGV[2], ARGV[3]
local lease, keep, same = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

local function put(key, row)
  local value = string.format('%d %d %s %s', row.began, row.claimed, row.by, row.id)
  if row.after + row.over + row.untrue > 0 then
    value = value .. string.format(' %d %d %d', row.after, row.over, row.untrue)
  end
  redis.call('SET', key, value, 'PX', keep)
end

local function row_of(key)
  local pattern = '^(%-?%d+) (%-?%d+) (%S+) (%S+) ?(%d*) ?(%d*) ?(%d*)$'
  local began, claimed, by, message, after, over, untrue = string.match(redis.call('GET', key) or '', pattern)
  if began then
    return {
      began = tonumber(began), claimed = tonumber(claimed), by = by, id = message,
      after = tonumber(after) or 0, over = tonumber(over) or 0, untrue = tonumber(untrue) or 0,
    }
  end
end

local function entry_of(place)
  local first = 3 + 4 * place
  local entry = {
    began = now - tonumber(ARGV[first]),
    must_be_noted = ARGV[first + 1] == '1',
    is_of_all = ARGV[first + 2] ~= '-',
    after = 0,
    over = now - tonumber(ARGV[first + 3]),
  }
  if entry.is_of_all then entry.after = math.max(0, now - tonumber(ARGV[first + 2])) end
  return entry
end

local function sight_of(row, entry)
  if math.abs(entry.began - row.began) <= same then return 'same' end
  if not entry.is_of_all or row.began == 0 or entry.after > row.began + same then return 'later' end
  if row.over > 0 and (entry.after >= row.over - same or entry.began > row.over + same) then return 'later' end
  if entry.began < row.after - same then return 'earlier' end
  return 'same'
end

local function new(began, after, untrue)
  return { began = began, claimed = 0, by = '-', id = '-', after = after, over = 0, untrue = untrue }
end

local function finish(key, row, entry, sight)
  if not row then
    put(key, new(0, 0, entry.over))
    return
  end
  local least = row.began + same
  if sight == 'same' and entry.over > entry.began then least = row.began - same end
  local is_end = entry.over > least and (row.over == 0 or entry.over < row.over)
  if is_end or entry.over > row.untrue then
    if is_end then row.over = entry.over end
    row.untrue = math.max(row.untrue, entry.over)
    put(key, row)
  end
end

local function claim(key, row)
  if row.claimed > now and row.by ~= owner then return 'wait ' .. string.format('%d', row.claimed - now) end
  if row.id == '-' then row.id = id end
  row.claimed, row.by = now + lease, owner
  put(key, row)
  return row.id
end

local answers = {}
for place, key in ipairs(KEYS) do
  local entry, row, answer = entry_of(place), row_of(key), ''
  local sight = row and sight_of(row, entry) or 'later'
  local is_gone = sight == 'earlier' or (row and entry.began < row.untrue - same)
  if verb == 'end' then
    finish(key, row, entry, sight)
  elseif verb == 'settle' then
    if sight == 'same' and row.by == owner then
      row.claimed = -1
      put(key, row)
    end
  elseif not is_gone and (sight == 'same' or not entry.must_be_noted) then
    local is_again = sight == 'same' and row.over > 0 and entry.after > row.began
    if sight == 'later' then
      row = new(entry.began, entry.after, row and row.untrue or 0)
    elseif is_again then
      row.over = 0
    end
    if verb == 'note' then
      if sight == 'later' or is_again then put(key, row) end
    elseif row.claimed ~= -1 and row.over == 0 then
      answer = claim(key, row)
    end
  end
  answers[place] = answer
end
return answers
