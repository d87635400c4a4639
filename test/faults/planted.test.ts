/** The suite must be able to fail on the living system too: what no hub may do is done to it, and the day is found out. */
import { readdir, stat, truncate } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { range } from "../acceptance/random.ts"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { check, type Verdict } from "./checker.ts"
import type { Deployment, Strike } from "./deployments/deployment.ts"
import { Nodes } from "./deployments/killable-nodes.ts"
import { eventually } from "./eventually.ts"
import { play } from "./play-schedule.ts"
import type { Act, Schedule } from "./schedule.ts"
import type { Site } from "./site.ts"
import { Talker } from "./talker.ts"

const TEST_DEADLINE_MS = 120_000

let redis: RedisServer
let nodes: Nodes
beforeAll(async () => {
  redis = await startRedis({ appendfsync: "always" })
  nodes = await Nodes.start([{ REDIS_URL: redis.url }])
}, TEST_DEADLINE_MS)
afterAll(async () => {
  await nodes.stop()
  await redis.stop()
}, TEST_DEADLINE_MS)

/** Two people with two devices, who talk for a second. */
function day(planted: Readonly<Record<string, Strike>>): { schedule: Schedule; deployment: Deployment } {
  const acts: Act[] = range(20).map((n) => ({ at: n * 50, act: "say", person: n % 2, device: 0 }))
  const faults = Object.keys(planted).map((fault) => ({ at: 500, fault, which: 0, lasts: 0 }))
  return {
    schedule: { seed: 0, deployment: "planted", devices: [2, 2], desks: 1, acts, faults },
    deployment: {
      urls: nodes.urls,
      admin: () => nodes.admin(),
      faults: planted,
      calm: () => nodes.calm(),
      stop: async () => undefined,
    },
  }
}

async function found(
  planted: Record<string, Strike>,
  atRest?: (site: Site) => Promise<void>,
): Promise<Verdict> {
  const { schedule, deployment } = day(planted)
  return check(await play(schedule, deployment, atRest))
}

/** A user sends what another has sent. */
async function said(site: Site, as: number, text: string): Promise<void> {
  const rogue = new Talker(site, as, `rogue-${as}`, 0, "person")
  site.history.streams.splice(site.history.streams.indexOf(rogue.stream), 1)
  rogue.comeBack()
  await eventually("a rogue", () => rogue.signedIn)
  await rogue.ask("message:send", { localId: "another", content: { type: "text", text } })
  rogue.close()
}

describe("a day on which something was planted", () => {
  it(
    "an honest day is found to be one",
    async () => {
      expect((await found({})).complaints).toEqual([])
    },
    TEST_DEADLINE_MS,
  )

  it(
    "a message that is stored twice",
    async () => {
      const { doubled, complaints } = await found({}, (site) => said(site, 0, "p0-d0.0"))
      expect(doubled).toBe(1)
      expect(complaints.join("\n")).toMatch(/doubled: p0-d0.0/)
    },
    TEST_DEADLINE_MS,
  )

  it(
    "a message that reaches somebody else",
    async () => {
      const { leaked, complaints } = await found({}, (site) => said(site, 1, "p0-d0.0"))
      expect(leaked).toBeGreaterThan(0)
      expect(complaints.join("\n")).toMatch(/leaked: p1-d0 \(signed in\) was shown p0-d0.0/)
    },
    TEST_DEADLINE_MS,
  )

  it(
    "an event that is told out of its turn",
    async () => {
      const [node] = nodes.proxies
      if (!node) throw new Error("a node has a proxy")
      const wrong = async () => {
        let done = false
        node.onAnswer = (bytes) => {
          const text = bytes.toString("latin1")
          const at = done ? -1 : text.search(/"event",\{"offset":[2-8],/)
          if (at < 0) return bytes
          done = true
          return Buffer.from(text.replace(/("event",\{"offset":)[2-8],/, "$19,"), "latin1")
        }
        await eventually("an event to spoil", () => done)
        node.onAnswer = undefined
        return undefined
      }
      const { reordered, complaints } = await found({ wrong })
      expect(reordered).toBeGreaterThan(0)
      expect(complaints.join("\n")).toMatch(/heard \d+ after \d+/)
    },
    TEST_DEADLINE_MS,
  )

  it(
    "the first event after a console's state, which is kept from it",
    async () => {
      const dropped = async ({ history }: Site) => {
        const [desk] = history.desks
        if (!desk) throw new Error("a day has a desk")
        const stateAt = () => desk.shown.findIndex((one) => one.kind === "state" && one.since?.length)
        await eventually("what came after its state", () => stateAt() >= 0)
        desk.shown.splice(stateAt() + 1, 1)
      }
      const { reordered, complaints } = await found({}, dropped)
      expect(reordered).toBe(1)
      expect(complaints.join("\n")).toMatch(/heard \d+ of partition \d after a state up to \d+/)
    },
    TEST_DEADLINE_MS,
  )

  it(
    "a disk that has lied: what Redis had said to be written is gone, and nobody says that it may be",
    async () => {
      const lying = async () => {
        await redis.kill()
        const folder = join(redis.dir, "appendonlydir")
        const [log] = (await readdir(folder)).filter((name) => name.endsWith(".incr.aof"))
        if (!log) throw new Error("an append-only file")
        const { size } = await stat(join(folder, log))
        await truncate(join(folder, log), size - 4_000)
        await redis.restart()
        return undefined
      }
      const { lost, complaints } = await found({ lying })
      expect(lost).toBeGreaterThan(0)
      expect(complaints.join("\n")).toMatch(/lost: p\d/)
    },
    TEST_DEADLINE_MS,
  )
})
