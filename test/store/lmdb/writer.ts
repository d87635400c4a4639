/**
 * A process to be killed: opens the store in the given directory, says so, and commits for as long as it lives. Prints
 * each commit once it was acknowledged. `node writer.mjs <dir> <run> [lanes]`
 */
import { writeSync } from "node:fs"
import { openLmdb } from "../../../src/store/lmdb/lmdb.ts"

const [dir = "", run = "0", lanes = "0"] = process.argv.slice(2)
// Written at once: what stands in a buffer when the process is killed was never said.
const say = (line: string) => writeSync(1, `${line}\n`)

const store = await openLmdb({ dir }).catch((error: Error) => {
  say(error.message)
  process.exit(3)
})
say("open")
// Without a lane nothing keeps the process alive but this.
setInterval(() => undefined, 60_000)

const lane = async (name: number) => {
  for (let k = 1; ; k += 1) {
    const word = `${run}.${name}.${k}`
    const value = Buffer.from(word)
    await store.commit("app1:0", {
      id: { scope: "s", key: word },
      answer: word,
      put: [
        ["a", value],
        ["b", value],
      ],
      append: [
        { log: "left", value },
        { log: "right", value, of: 0 },
      ],
      rank: [["r", word, k]],
    })
    say(word)
  }
}
for (let name = 0; name < Number(lanes); name += 1) void lane(name)
