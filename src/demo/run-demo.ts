/**
 * `npm run demo`: a hub of its own on a free port, over an embedded store that is thrown away afterwards, a person with
 * three devices and an agent. It ends with 0 if nothing was lost and nothing doubled.
 *
 * Beside `main.ts` the only file that touches `process`: it is one.
 */
import { rmSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createHub } from "../hub.ts"
import { systemClock } from "../lib/clock.ts"
import { randomToken } from "../lib/ids.ts"
import { createLog } from "../lib/log.ts"
import { openLmdb } from "../store/lmdb/lmdb.ts"
import { type PlayReport, play } from "./play.ts"

const PAUSE_MS = 300

async function demo(dir: string): Promise<PlayReport> {
  const print = (text: string): void => void process.stdout.write(`${text}\n`)
  const store = await openLmdb({ dir })
  const hub = createHub({
    store,
    clock: systemClock,
    log: createLog({ level: "warn", sink: (text) => void process.stderr.write(text), now: Date.now }),
    adminToken: randomToken(24),
    sessionSecret: randomToken(32),
    partitions: 1,
    development: true,
    drainMs: 0,
  })
  try {
    const url = await hub.listen(0, "127.0.0.1")
    print(`A hub of its own on ${url}: one person, three devices, an agent; below each, what it sees live.\n`)
    const pauseMs = process.stdout.isTTY ? PAUSE_MS : 0
    return await play({ url, clock: systemClock, print, pauseMs })
  } finally {
    await hub.close()
    await store.close()
  }
}

const dir = await mkdtemp(join(tmpdir(), "tributary-demo-"))
process.once("exit", () => rmSync(dir, { recursive: true, force: true }))
process.once("SIGINT", () => process.exit(130))

const { lost, doubled, equal } = await demo(dir)
process.stdout.write(`\n${equal ? "the same on every device" : "not the same on every device"}\n`)
process.stdout.write(`lost ${lost}, doubled ${doubled}\n`)
process.exitCode = lost === 0 && doubled === 0 && equal ? 0 : 1
