--[[
Applies a batch of changes to one partition, each judged on its own and in order ([S1], [S2], [S4]..[S6]).
The line put before it, "#!lua", makes Redis itself refuse the script, before it starts, when it is out of memory,
read-only or cannot persist; `rights.lua` comes in between.

KEYS   every key and channel that any change of the batch touches; changes name them by their index
ARGV 1 the changes, as MessagePack; a change is
         { once, expect, heads, put, remove, append, rank, founded, known, expire }
         once    { index of the first of three keys, seconds each is written, field, nonce, answer }
         expect  { key, version as text or "" for none, … }
         heads   { log, exactly this n | -1, n below this | -1, this tag | "", … }
         put     { key of the partition's last version, key, value, … } or empty
         remove  { key, … }
         append  { { log, entry, index of the append it points to | 0, floor | 0, keep | 0, channel | 0,
                   time of the entry it copies | 0 }, … }
         rank    { ranking, member, score | "now" | "out", … }
         founded key of the partition's last version, which must be there | 0
         known   { index of the first of three keys, seconds each is written, field, what is kept under it, … }
         expire  { key of a record or a log, seconds, … }
         after   { index of the first of three keys, field } or empty

Returns for each change what is kept under its id, "<nonce><at> <n>,<n> <answer>" (known already: of the first time, told by
another nonce), or { that, version of what it has just put }, or { records, heads } as they are, or { error }.
]]
local call = redis.call
local TAG, HEADER = 8, 9
local LAST_DIGIT = "15" -- of a version; a number would be turned into text with each call

local time = call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local heads = {} -- by index of the log's key: what XREVRANGE said, kept up to date by our own appends
local news = {} -- by index of the channel's key: pieces of its announcement
local last_pointed = {} -- by index of the channel's key: what the entry before in its announcement points to
local channels = {} -- the channels of `news`, in order of their first announcement
local known_to_exist = {} -- by name of a key
local versions = {} -- by name of a record's key: what the store and this batch say
local dated = {} -- by name of a key of answers: its end is set
local scores = {} -- by index of a ranking's key: what is to be added to it, as ZADD takes it
local rankings = {} -- the rankings of `scores`, in order of their first change
local MOST_SCORES = 256 -- of one ZADD, scores and members
local TRIM_EVERY = 32 -- entries of a log: trimming costs as much as appending
local SAME = 2 ^ 32 - 1 -- in place of a length: what the entry before points to

-- Where an integer of C is long enough: printing a float costs ten times as much.
local WHOLE = string.format("%d", 2 ^ 53) == "9007199254740992" and "%d" or "%.0f"

local function whole(number)
  return string.format(WHOLE, number)
end

local function head(log)
  local known = heads[log]
  if known then
    return known
  end
  known = { at = 0, n = 0, tag = "", id = false }
  local last = call("XREVRANGE", KEYS[log], "+", "-", "COUNT", "1")[1]
  if last then
    local at, n = string.match(last[1], "^(%d+)-(%d+)$")
    known = { at = tonumber(at), n = tonumber(n), tag = string.sub(last[2][2], 1, TAG), id = last[1] }
  end
  heads[log] = known
  return known
end

local function exists(name)
  if known_to_exist[name] == nil then
    known_to_exist[name] = call("EXISTS", name) == 1
  end
  return known_to_exist[name]
end

-- Three keys take turns, so that callers need no date: this period's is written, the last one's still known, and
-- the third is the next one's – empty, unless the clock stepped back over the border.
local function known_answer(first, field, except)
  for turn = 0, 2 do
    local name = KEYS[first + turn]
    local answer = name ~= except and exists(name) and call("HGET", name, field)
    if answer then
      return answer
    end
  end
end

local function answers_now(first, seconds)
  return KEYS[first + math.floor(now / 1000 / seconds) % 3]
end

-- One look and one write: false where the field is there already.
local function keep_answer(name, seconds, field, answer)
  if write("HSETNX", name, field, answer) == 0 then
    return false
  end
  known_to_exist[name] = true
  if not dated[name] then
    dated[name] = true
    call("EXPIREAT", name, whole((math.floor(now / 1000 / seconds) + 2) * seconds), "NX")
  end
  return true
end

local function version_of(name)
  local version = versions[name]
  if not version then
    version = call("GETRANGE", name, "0", LAST_DIGIT)
    versions[name] = version
  end
  return version
end

local function add_scores(ranking)
  local added = scores[ranking]
  if added and #added > 0 then
    write("ZADD", KEYS[ranking], unpack(added))
    scores[ranking] = { at = {} }
  end
end

-- Many changes of a batch move members of the same few rankings, some of them several times: one call for each ranking.
local function rank_member(ranking, member, score)
  if score == "out" then
    add_scores(ranking)
    write("ZREM", KEYS[ranking], member)
    return
  end
  local added = scores[ranking]
  if not added then
    added = { at = {} }
    scores[ranking] = added
    rankings[#rankings + 1] = ranking
  end
  local at = added.at[member]
  if at then
    added[at] = score
    return
  end
  added[#added + 1] = score
  added.at[member] = #added
  added[#added + 1] = member
  if #added >= MOST_SCORES then
    add_scores(ranking)
  end
end

local function holds(expect, conditions)
  for i = 1, #expect, 2 do
    if version_of(KEYS[expect[i]]) ~= expect[i + 1] then
      return false
    end
  end
  for i = 1, #conditions, 4 do
    local last, exactly, below, tag = head(conditions[i]), conditions[i + 1], conditions[i + 2], conditions[i + 3]
    if exactly >= 0 and last.n ~= exactly or below >= 0 and last.n >= below or tag ~= "" and last.tag ~= tag then
      return false
    end
  end
  return true
end

local function as_it_is(expect, conditions)
  local records, last = {}, {}
  for i = 1, #expect, 2 do
    records[#records + 1] = call("GET", KEYS[expect[i]])
  end
  for i = 1, #conditions, 4 do
    local log = head(conditions[i])
    last[#last + 1] = log.id and log.id .. " " .. log.tag
  end
  return { records, last }
end

-- [S5] Ours or that of the copied entry, but not before the log's last nor before a floor; no log moves another's.
local function times_of(append)
  local times, last = {}, {}
  for i, a in ipairs(append) do
    times[i] = math.max(a[7] > 0 and a[7] or now, last[a[1]] or head(a[1]).at, a[4])
    last[a[1]] = times[i]
  end
  return times
end

-- [S6] The next numbers, as text; a change may append to one log several times.
local function numbers_of(append)
  local numbers, last = {}, {}
  for i, a in ipairs(append) do
    local n = (last[a[1]] or head(a[1]).n) + 1
    numbers[i], last[a[1]] = whole(n), n
  end
  return numbers
end

local function announce(channel, log, id, before, entry, pointed)
  local pieces = news[channel]
  if not pieces then
    pieces = {}
    news[channel] = pieces
    channels[#channels + 1] = channel
  end
  local same = pointed ~= "" and pointed == last_pointed[channel]
  last_pointed[channel] = pointed
  local at = #pieces
  pieces[at + 1] = struct.pack(">I4I4I4I4I4", #log, #id, #before, #entry, same and SAME or #pointed)
  pieces[at + 2], pieces[at + 3], pieces[at + 4], pieces[at + 5] = log, id, before, entry
  pieces[at + 6] = same and "" or pointed
end

local function write_entry(a, id, n, entry, pointed)
  if a[5] > 0 and n % TRIM_EVERY == 0 then
    call("XADD", KEYS[a[1]], "MAXLEN", "~", whole(a[5]), id, "e", entry)
  else
    call("XADD", KEYS[a[1]], id, "e", entry)
  end
  if a[6] > 0 then
    announce(a[6], KEYS[a[1]], id, head(a[1]).tag, entry, pointed)
  end
end

local function apply(change)
  local once, expect, conditions, put, remove, append, rank, founded, known, expire, after = unpack(change, 1, 11)

  local first, seconds, field = unpack(once, 1, 3)
  local answers = answers_now(first, seconds)
  -- [S4] This period's are looked at where nothing is written; else the write finds out.
  local answer = known_answer(first, field, answers)
  if answer then
    return answer
  end
  if founded > 0 and not exists(KEYS[founded]) then -- [S15]
    return call("HGET", answers, field) or { "EMPTIED" }
  end
  if #after > 0 and not known_answer(after[1], after[2]) or not holds(expect, conditions) then -- [S18] [S2]
    return call("HGET", answers, field) or as_it_is(expect, conditions)
  end

  local times = times_of(append)
  local at = times[1] or now
  local numbers = numbers_of(append)
  local version = false
  if #put > 0 then -- [S3] above every version this partition ever gave, and ahead of those a lost tail took away
    version = math.max((tonumber(call("GET", KEYS[put[1]]) or 0)) + 1, now * 1024)
  end
  demand_writes(change, answers)
  answer = once[4] .. whole(at) .. " " .. table.concat(numbers, ",") .. " " .. once[5]

  -- [S1] Only writes from here on, and none that can fail: the first one allocates, so that a lack of memory fails there.
  if not keep_answer(answers, seconds, field, answer) then
    return call("HGET", answers, field)
  end
  for i = 1, #known, 4 do
    local its = answers_now(known[i], known[i + 1])
    if not known_answer(known[i], known[i + 2], its) then
      keep_answer(its, known[i + 1], known[i + 2], known[i + 3])
    end
  end

  local ids, entries = {}, {}
  for i, a in ipairs(append) do
    local id, entry, pointed = whole(times[i]) .. "-" .. numbers[i], a[2], ""
    if a[3] > 0 then
      entry = string.sub(entry, 1, HEADER) .. ids[a[3]] .. string.sub(entry, HEADER + 1)
      pointed = entries[a[3]]
    end
    local n = tonumber(numbers[i])
    write_entry(a, id, n, entry, pointed)
    heads[a[1]] = { at = times[i], n = n, tag = string.sub(entry, 1, TAG), id = id }
    ids[i], entries[i] = id, entry
  end
  if version then
    call("SET", KEYS[put[1]], whole(version))
    known_to_exist[KEYS[put[1]]] = true
    for i = 2, #put, 2 do
      versions[KEYS[put[i]]] = whole(version)
      call("SET", KEYS[put[i]], whole(version) .. put[i + 1])
    end
  end
  for i = 1, #remove do
    versions[KEYS[remove[i]]] = ""
    call("DEL", KEYS[remove[i]])
  end
  for i = 1, #rank, 3 do
    local score = rank[i + 2]
    rank_member(rank[i], rank[i + 1], score == "now" and whole(at) or score)
  end
  for i = 1, #expire, 2 do -- [S17]
    call("EXPIRE", KEYS[expire[i]], expire[i + 1])
  end
  return version and { answer, whole(version) } or answer
end

local replies = {}
for i, change in ipairs(cmsgpack.unpack(ARGV[1])) do
  local done, reply = pcall(apply, change)
  -- A change that fails must not silence the announcements of the others.
  replies[i] = done and reply or { type(reply) == "table" and reply.err or tostring(reply) }
end

for _, ranking in ipairs(rankings) do
  add_scores(ranking)
end

-- [S9] Announced by the step that stored them; the channel's number lets a follower notice a lost one.
for _, channel in ipairs(channels) do
  local number = whole(write("INCR", KEYS[channel]))
  call("SPUBLISH", KEYS[channel], struct.pack(">I4c0", #number, number) .. table.concat(news[channel]))
end
return with_overwritten(replies)
