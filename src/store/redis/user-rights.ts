/**
 * What the hub says to Redis, asked of its rights before the hub starts: a user who may not say all of it would let it
 * start, and then answer `unavailable` for ever. Nothing is read or written by asking.
 */
import type { RedisClient } from "./connect.ts"
import type { RetryingClient } from "./retrying-client.ts"

/** `K` stands for a key of the hub, `C` for a channel; the rest only has to be well-formed. */
const COMMANDS = [
  "TIME",
  "GET K",
  "MGET K",
  "SET K v",
  "DEL K",
  "EXISTS K",
  "EXPIRE K 1",
  "EXPIREAT K 1 NX",
  "GETRANGE K 0 1",
  "INCR K",
  "HGET K f",
  "HSETNX K f v",
  "XADD K 1-1 e v",
  "XRANGE K - +",
  "XREVRANGE K + -",
  "ZADD K 1 m",
  "ZREM K m",
  "ZCARD K",
  "ZCOUNT K 0 1",
  "ZREVRANGE K 0 1",
  "ZREVRANGEBYSCORE K 1 0",
  "SPUBLISH C v",
  "SSUBSCRIBE C",
]

const ASK = `#!lua flags=no-writes,allow-stale
local missing = {}
for _, command in ipairs(cjson.decode(ARGV[1])) do
  if not redis.acl_check_cmd(unpack(command)) then
    missing[#missing + 1] = command[1]
  end
end
return missing`

/** @returns the commands that the user of Redis may not say to keys and channels of this kind */
export async function lackingRights(link: RetryingClient, key: string, channel: string): Promise<string[]> {
  const words: Readonly<Record<string, string>> = { K: key, C: channel }
  const commands = COMMANDS.map((command) => command.split(" ").map((word) => words[word] ?? word))
  const asked = JSON.stringify(commands)
  // A Cluster finds the server by the key; where there is one server, a key of its own could be refused.
  const reply = await link.withRetry((client: RedisClient) =>
    "nodes" in client ? client.eval(ASK, 1, key, asked) : client.eval(ASK, 0, asked),
  )
  return Array.isArray(reply) ? reply.map(String) : []
}
