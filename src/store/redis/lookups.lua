--[[
What `commit.lua` knows of the partition: each thing is asked for once in a batch, and then kept up to date by what the
batch itself writes.
]]
local call = redis.call
local TAG = 8
local LAST_DIGIT = "15" -- of a version; a number would be turned into text with each call

local c = cmsgpack.unpack(ARGV[1])
local time = call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local heads = {} -- by index of the log's key: what XREVRANGE said, kept up to date by our own appends
local known_to_exist = {} -- by name of a key
local versions = {} -- by name of a record's key: what the store and this batch say
local dated = {} -- by name of a key of answers: its end is set

-- Where an integer of C is long enough: printing a float costs ten times as much.
local WHOLE = string.format("%d", 2 ^ 53) == "9007199254740992" and "%d" or "%.0f"

local function whole(number)
  return string.format(WHOLE, number)
end

local NOW = whole(now)

local function time_text(at)
  return at == now and NOW or whole(at)
end

local function head(log)
  local known = heads[log]
  if known then
    return known
  end
  known = { at = 0, n = 0, tag = "", id = false, change = 0 }
  local last = call("XREVRANGE", KEYS[log], "+", "-", "COUNT", "1")[1]
  if last then
    local at, n = string.match(last[1], "^(%d+)-(%d+)$")
    known.at, known.n, known.tag, known.id = tonumber(at), tonumber(n), string.sub(last[2][2], 1, TAG), last[1]
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
  local one, two, three = KEYS[first], KEYS[first + 1], KEYS[first + 2]
  if one == except then
    one = three
  elseif two == except then
    two = three
  end
  if known_to_exist[one] == nil and known_to_exist[two] == nil and call("EXISTS", one, two) == 0 then
    known_to_exist[one], known_to_exist[two] = false, false
  end
  return exists(one) and call("HGET", one, field)
    or exists(two) and call("HGET", two, field)
    or not except and exists(three) and call("HGET", three, field)
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
