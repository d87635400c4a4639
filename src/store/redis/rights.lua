--[[
Rights that a user of Redis lacks are found before a change writes anything ([S1], [S13]): refused in the middle, it would
leave a half, and be known as done. Each is asked for once in a batch.
]]
local OF_APPEND = 8 -- values of an append, as `commit.lua` describes them
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
local function demand_writes(c, answers, put, remove, append, rank, expire)
  if not may.EXPIREAT then
    demand("HSETNX", answers, "f", "a")
    demand("EXPIREAT", answers, "1", "NX")
  end
  if c[append] > 0 and not may.SPUBLISH then
    demand("XADD", KEYS[c[append + 1]], "1-1", "e", "")
    for i = append + 1, append + c[append], OF_APPEND do
      local channel = c[i + 6]
      if channel > 0 then
        demand("INCR", KEYS[channel])
        demand("SPUBLISH", KEYS[channel], "")
      end
    end
  end
  if c[put] > 0 then
    demand("SET", KEYS[c[put + 1]], "")
  end
  if c[remove] > 0 then
    demand("DEL", KEYS[c[remove + 1]])
  end
  if c[rank] > 0 and not may.ZREM then
    demand("ZADD", KEYS[c[rank + 1]], "1", "m")
    demand("ZREM", KEYS[c[rank + 1]], "m")
  end
  if c[expire] > 0 then
    demand("EXPIRE", KEYS[c[expire + 1]], "1")
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
