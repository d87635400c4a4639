--[[
Applies a batch of changes to one partition, each judged on its own and in order ([S1], [S2], [S4]..[S6]).
The line put before it, "#!lua", makes Redis itself refuse the script, before it starts, when it is out of memory,
read-only or cannot persist; `rights.lua` and `lookups.lua` come in between.

KEYS   every key and channel that any change of the batch touches; changes name them by their index
ARGV 1 the changes one after another in one list, as MessagePack: tables within it would cost more than what they hold.
       Each begins with
         index of the first of three keys of answers, seconds each is written, field, nonce, answer
         index of the first of three keys, field of a commit that came before | 0, ""
         key of the partition's last version, which must be there | 0
       and goes on with eight lists, each after the number of its values
         expect  key, version as text or "" for none, …
         heads   log, exactly this n | -1, n below this | -1, this tag | "", …
         put     key of the partition's last version, key, value, … or nothing
         remove  key, …
         append  log, entry up to the id it points to, the rest of it, index of the append it points to | 0, floor | 0,
                 keep | 0, channel | 0, time of the entry it copies | 0, …
         rank    ranking, member, score | "now" | "out", …
         known   index of the first of three keys, seconds each is written, field, what is kept under it, …
         expire  key of a record or a log, seconds, …

Returns for each change what is kept under its id, "<nonce><at> <n>,<n> <answer>" (known already: of the first time, told by
another nonce), or { that, version of what it has just put }, or { records, heads, what is kept under each id of `known` where
that is something else } as they are, or { error }.
]]
local news = {} -- by index of the channel's key: pieces of its announcement
local last_pointed = {} -- by index of the channel's key: what the entry before in its announcement points to
local channels = {} -- the channels of `news`, in order of their first announcement
local scores = {} -- by index of a ranking's key: what is to be added to it, as ZADD takes it
local rankings = {} -- the rankings of `scores`, in order of their first change
local NONE = {}
local NONCE = 6 -- characters of it, before what is kept under an id
local MOST_SCORES = 256 -- of one ZADD, scores and members
local TRIM_EVERY = 32 -- entries of a log: trimming costs as much as appending
local SAME = 2 ^ 32 - 1 -- in place of a length: what the entry before points to

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
  for i = expect + 1, expect + c[expect], 2 do
    if version_of(KEYS[c[i]]) ~= c[i + 1] then
      return false
    end
  end
  for i = conditions + 1, conditions + c[conditions], 4 do
    local last, exactly, below, tag = head(c[i]), c[i + 1], c[i + 2], c[i + 3]
    if exactly >= 0 and last.n ~= exactly or below >= 0 and last.n >= below or tag ~= "" and last.tag ~= tag then
      return false
    end
  end
  return true
end

-- [S4] Of the ids that a change makes known: what is kept under them, where it is something else; and whether any is.
local function other_answers(known)
  if c[known] == 0 then
    return NONE, false
  end
  local others, any = {}, false
  for i = known + 1, known + c[known], 4 do
    -- Where another program's key stands in place of ours, nothing is known.
    local done, kept = pcall(known_answer, c[i], c[i + 2])
    local other = done and kept and string.sub(kept, NONCE + 1) ~= string.sub(c[i + 3], NONCE + 1)
    others[#others + 1] = other and kept
    any = any or other
  end
  return others, any
end

local function as_it_is(expect, conditions, others)
  local records, last = {}, {}
  for i = expect + 1, expect + c[expect], 2 do
    records[#records + 1] = call("GET", KEYS[c[i]])
  end
  for i = conditions + 1, conditions + c[conditions], 4 do
    local log = head(c[i])
    last[#last + 1] = log.id and log.id .. " " .. log.tag
  end
  return { records, last, others }
end

-- Of each append of the change at hand: when, and as text its number, its id and itself.
local times, numbers, ids, entries = {}, {}, {}, {}

-- [S5] Ours or that of the copied entry, but not before the log's last nor before a floor; no log moves another's.
-- [S6] The next number. A change may append to one log several times.
local function number_appends(change, append)
  local count = 0
  for i = append + 1, append + c[append], OF_APPEND do
    local log, floor, copied = head(c[i]), c[i + 4], c[i + 7]
    if log.change ~= change then
      log.change, log.next_at, log.next_n = change, log.at, log.n
    end
    local at = copied > 0 and copied or now
    if at < log.next_at then
      at = log.next_at
    end
    if at < floor then
      at = floor
    end
    local n = log.next_n + 1
    log.next_at, log.next_n = at, n
    count = count + 1
    local number = whole(n)
    times[count], numbers[count], ids[count] = at, number, time_text(at) .. "-" .. number
  end
  return count
end

local function announce(channel, log, id, before, entry, pointed)
  local pieces = news[channel]
  if not pieces then
    pieces = { "" } -- its number comes here
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

local function append_entries(append, count)
  local i = append + 1
  for k = 1, count do
    local key, entry, of, keep, channel = KEYS[c[i]], c[i + 1], c[i + 3], c[i + 5], c[i + 6]
    local log, id = head(c[i]), ids[k]
    local n, tag, pointed = log.n + 1, string.sub(entry, 1, TAG), ""
    if of > 0 then
      entry, pointed = entry .. ids[of] .. c[i + 2], entries[of]
    end
    if keep > 0 and n % TRIM_EVERY == 0 then
      call("XADD", key, "MAXLEN", "~", whole(keep), id, "e", entry)
    else
      call("XADD", key, id, "e", entry)
    end
    if channel > 0 then
      announce(channel, key, id, log.tag, entry, pointed)
    end
    log.at, log.n, log.tag, log.id, entries[k] = times[k], n, tag, id, entry
    i = i + OF_APPEND
  end
end

local function apply(p, expect, conditions, put, remove, append, rank, known, expire)
  local first, seconds, field, after, founded = c[p], c[p + 1], c[p + 2], c[p + 5], c[p + 7]
  local answers = answers_now(first, seconds)
  -- [S4] This period's are looked at where nothing is written; else the write finds out.
  local answer = known_answer(first, field, answers)
  if answer then
    return answer
  end
  if founded > 0 and not exists(KEYS[founded]) then -- [S15]
    return call("HGET", answers, field) or { "EMPTIED" }
  end
  local others, differs = other_answers(known)
  if after > 0 and not known_answer(after, c[p + 6]) or differs or not holds(expect, conditions) then -- [S18] [S4] [S2]
    return call("HGET", answers, field) or as_it_is(expect, conditions, others)
  end

  local count = number_appends(p, append)
  local at = time_text(count > 0 and times[1] or now)
  local version = false
  if c[put] > 0 then -- [S3] above every version this partition ever gave, and ahead of those a lost tail took away
    version = math.max((tonumber(call("GET", KEYS[c[put + 1]]) or 0)) + 1, now * 1024)
  end
  demand_writes(c, answers, put, remove, append, rank, expire)
  answer = c[p + 3] .. at .. " " .. table.concat(numbers, ",", 1, count) .. " " .. c[p + 4]

  -- [S1] Only writes from here on, and none that can fail: the first one allocates, so that a lack of memory fails there.
  if not keep_answer(answers, seconds, field, answer) then
    return call("HGET", answers, field)
  end
  for i = known + 1, known + c[known], 4 do
    keep_answer(answers_now(c[i], c[i + 1]), c[i + 1], c[i + 2], c[i + 3])
  end

  append_entries(append, count)
  if version then
    version = whole(version)
    local last = KEYS[c[put + 1]]
    call("SET", last, version)
    known_to_exist[last] = true
    for i = put + 2, put + c[put], 2 do
      versions[KEYS[c[i]]] = version
      call("SET", KEYS[c[i]], version .. c[i + 1])
    end
  end
  for i = remove + 1, remove + c[remove] do
    versions[KEYS[c[i]]] = ""
    call("DEL", KEYS[c[i]])
  end
  for i = rank + 1, rank + c[rank], 3 do
    local score = c[i + 2]
    rank_member(c[i], c[i + 1], score == "now" and at or score)
  end
  for i = expire + 1, expire + c[expire], 2 do -- [S17]
    call("EXPIRE", KEYS[c[i]], c[i + 1])
  end
  return version and { answer, version } or answer
end

-- Of a change: where its lists begin, and then where the next change does.
local function lists_of(p)
  local expect = p + 8
  local conditions = expect + c[expect] + 1
  local put = conditions + c[conditions] + 1
  local remove = put + c[put] + 1
  local append = remove + c[remove] + 1
  local rank = append + c[append] + 1
  local known = rank + c[rank] + 1
  local expire = known + c[known] + 1
  return expire + c[expire] + 1, expect, conditions, put, remove, append, rank, known, expire
end

local replies = {}
local change = 1

local function run(next_change, ...)
  -- A change that fails must not silence the announcements of the others.
  local done, reply = pcall(apply, change, ...)
  replies[#replies + 1] = done and reply or { type(reply) == "table" and reply.err or tostring(reply) }
  return next_change
end

while c[change] do
  change = run(lists_of(change))
end

for _, ranking in ipairs(rankings) do
  add_scores(ranking)
end

-- [S9] Announced by the step that stored them; the channel's number lets a follower notice a lost one.
for _, channel in ipairs(channels) do
  local number = whole(write("INCR", KEYS[channel]))
  news[channel][1] = struct.pack(">I4c0", #number, number)
  call("SPUBLISH", KEYS[channel], table.concat(news[channel]))
end
return with_overwritten(replies)
