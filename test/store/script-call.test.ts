/** What a call of the script writes is what the installed ioredis writes for the same command. */
import { Command } from "ioredis"
import { expect, test } from "vitest"
import { ScriptCall } from "../../src/store/redis/script-call.ts"

const HASH = "0123456789abcdef0123456789abcdef01234567"
const blob = Buffer.from([0x92, 0x00, 0xff, 0x0d, 0x0a])
const socket = {}

const written = (command: Command): string => Buffer.from(command.toWritable(socket)).toString("latin1")

test.each<[string, "evalsha" | "eval", string, readonly string[], Buffer]>([
  ["plain names", "evalsha", HASH, ["{shop:0}r:u:usr_1", "{shop:0}l:agents", ""], blob],
  ["names of many bytes to a character", "evalsha", HASH, ["{shop:0}l:Ünï\u{1f69a}", "{shop:0}v"], blob],
  ["the text of the script", "eval", "return 1 -- naïve\r\n", ["{shop:0}v"], blob],
  ["no keys and no changes", "evalsha", HASH, [], Buffer.alloc(0)],
  ["four hundred names", "evalsha", HASH, Array.from({ length: 400 }, (_, n) => `{shop:0}z:${n}`), blob],
])("%s", (_, name, script, keys, changes) => {
  const stock = new Command(name, [script, keys.length, ...keys, changes], { replyEncoding: null })
  expect(written(new ScriptCall(name, script, keys, changes))).toBe(written(stock))
})
