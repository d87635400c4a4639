--[[
Rights that a user of Redis lacks are found before a change writes anything ([S1], [S13]): refused in the middle, it would
leave a half, and be known as done. Each is asked for once in a batch.
]]
local may = {} -- by command: whether this user may call it

local function demand(command, ...)
  if may[command] == nil then
    may[command] = redis.acl_check_cmd(command, ...)
  end
  if not may[command] then
    error({ err = "NOPERM this user has no permissions to run " .. command })
  end
end

-- What `apply` of `commit.lua` is going to call for this change, on keys and channels of its own.
local function demand_writes(change, answers)
  local _, _, _, put, remove, append, rank, _, _, expire = unpack(change, 1, 10)
  demand("HSETNX", answers, "f", "a")
  demand("EXPIREAT", answers, "1", "NX")
  if #append > 0 then
    demand("XADD", KEYS[append[1][1]], "1-1", "e", "")
  end
  for _, a in ipairs(append) do
    if a[6] > 0 then
      demand("INCR", KEYS[a[6]])
      demand("SPUBLISH", KEYS[a[6]], "")
    end
  end
  if #put > 0 then
    demand("SET", KEYS[put[1]], "")
  end
  if #remove > 0 then
    demand("DEL", KEYS[remove[1]])
  end
  if #rank > 0 then
    demand("ZADD", KEYS[rank[1]], "1", "m")
    demand("ZREM", KEYS[rank[1]], "m")
  end
  if #expire > 0 then
    demand("EXPIRE", KEYS[expire[1]], "1")
  end
end

--[[
A key of another type, or a number's that holds none, was put in place of ours by another program, and what ours held was
gone by that. Refused in the middle it would leave a half ([S1]): it is removed and the write goes on, as a record is
written over whatever stands in its place. The caller is told.
]]
local overwritten = {} -- names of such keys

local function write(command, name, ...)
  local reply = redis.pcall(command, name, ...)
  if type(reply) ~= "table" or not reply.err then
    return reply
  end
  redis.call("DEL", name)
  overwritten[#overwritten + 1] = name
  return redis.call(command, name, ...)
end

-- After the replies to the changes come the names of these keys, if there are any.
local function with_overwritten(replies)
  replies[#replies + 1] = overwritten[1] and overwritten
  return replies
end
