/** That methods of strings stay fast in the hub's process. Whether they are, V8 itself says, in a process of its own. */
import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, onTestFinished, test } from "vitest"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const PROGRAM = `
  import { createHub } from "./dist/hub.js"
  import { systemClock } from "./dist/lib/clock.js"
  import { createLog } from "./dist/lib/log.js"
  import { openLmdb } from "./dist/store/lmdb/lmdb.js"
  import "./dist/store/redis/redis.js"
  const areFast = () => %HasFastProperties(String.prototype)
  const loaded = areFast()
  const store = await openLmdb({ dir: process.argv[1] })
  createHub({
    store,
    clock: systemClock,
    log: createLog({ level: "error", sink: () => undefined, now: Date.now }),
    adminToken: "the admin token of this test",
    sessionSecret: "the session secret of this test, long enough",
    partitions: 1,
    development: false,
    drainMs: 0,
  })
  process.stdout.write(JSON.stringify({ loaded, created: areFast() }))
  process.exit()
`

test("ioredis, which derives a class from String, slows the strings of a hub down only until it starts", async () => {
  const dir = await mkdtemp(join(tmpdir(), "tributary-strings-"))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const args = ["--allow-natives-syntax", "--input-type=module", "--eval", PROGRAM, dir]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT })
  expect(JSON.parse(stdout)).toEqual({ loaded: false, created: true })
})
