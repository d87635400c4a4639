/**
 * [P1] [P3] A merge whose steps lie on several shards, and one of these loses its tail: whichever step is undone, the
 * next who comes by finds every message that lay safely, once, with one person, and no caller waits for ever.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Device } from "../acceptance/person-device.ts"
import { range } from "../acceptance/random.ts"
import { type App, World } from "../acceptance/world.ts"
import { eventually } from "./eventually.ts"
import { startHubOver } from "./hub-over.ts"
import { type Shard, type Shards, startShards } from "./shards.ts"

const PEOPLE = 8
const TEST_DEADLINE_MS = 180_000
/** Of a hub at rest, beacons and all. */
const AT_REST_PER_SECOND = 500

let shards: Shards
let world: World
beforeAll(async () => {
  shards = await startShards()
  const extra = { PARTITIONS: "6" }
  world = new World("redis", () => startHubOver([shards.url, shards.url], extra, () => shards.stop()))
  await world.begin()
}, TEST_DEADLINE_MS)
afterAll(() => world.end())

interface Visitor {
  readonly web: Device
  readonly externalId: string
  readonly sessionToken: string
  readonly userId: string
  /** Acknowledged, and on a replica before anything broke. */
  readonly safe: readonly string[]
}

/** Half of them are known already, half sign in for the first time. */
async function visitors(app: App): Promise<Visitor[]> {
  return await Promise.all(
    range(PEOPLE).map(async (n) => {
      const externalId = `person ${n}`
      const safe = range(3).map((m) => `anonymous ${n} ${m}`)
      if (n % 2 === 0) {
        const phone = await app.member(externalId, { on: 1, deviceId: `phone-${n}` })
        await phone.send(`old ${n}`)
        phone.socket.disconnect()
        safe.push(`old ${n}`)
      }
      const web = await app.visitor({ deviceId: `web-${n}`, on: n })
      for (const text of safe.slice(0, 3)) await web.send(text)
      return { web, externalId, sessionToken: web.sessionToken, userId: web.userId, safe }
    }),
  )
}

/** What the node that merged them has to notice first takes its time. */
const NOTICED_MS = 20_000
const LOOK_MS = 250

/**
 * What is wrong with this person, seen by devices that come one after another.
 *
 * @param alone nobody presents the visitor's session again: the merge that was undone is done by the node that had done it
 */
async function complaint(
  app: App,
  { web, externalId, sessionToken, safe }: Visitor,
  alone: boolean,
): Promise<string[]> {
  const found: string[] = []
  const ids: string[] = []
  const later = [{ on: 0 }, { on: 1 }]
  const proofs = alone ? later : [{ sessionToken, deviceId: web.deviceId, on: 0 }, ...later]
  if (alone) await noticed(app, externalId, safe)
  web.socket.disconnect()
  for (const [turn, proof] of proofs.entries()) {
    const device = app.closed({ channel: "ios", jwt: app.token(externalId), ...proof })
    try {
      await device.open()
      ids.push(device.userId)
      const texts = (await device.fetch()).flatMap(({ messages }) => messages.map(textIn))
      for (const text of safe) {
        const times = texts.filter((one) => one === text).length
        if (times !== 1) found.push(`"${text}" ${times} times at sign-in ${turn}`)
      }
      await device.send(`${externalId} again ${turn}`)
    } catch (error) {
      found.push(`sign-in ${turn}: ${error instanceof Error ? error.message.slice(0, 160) : error}`)
    } finally {
      device.socket.disconnect()
    }
  }
  if (new Set(ids).size > 1) found.push(`is ${ids.join(" and ")}`)
  return found.map((what) => `${externalId}: ${what}`)
}

/** That it was not in time is said by the sign-ins that follow. */
async function noticed(app: App, externalId: string, safe: readonly string[]): Promise<void> {
  const device = app.closed({ channel: "ios", jwt: app.token(externalId), on: 1 })
  try {
    await device.open()
    const shown = async () => (await device.fetch()).flatMap(({ messages }) => messages.map(textIn))
    const whole = async () => {
      const texts = await shown()
      return safe.every((text) => texts.includes(text))
    }
    await eventually("what was merged before", whole, NOTICED_MS, LOOK_MS).catch(() => undefined)
  } catch {
    // As above.
  } finally {
    device.socket.disconnect()
  }
}

const textIn = ({ content }: { content: { type: string } }): string =>
  "text" in content ? String(content.text) : content.type

async function commandsPerSecond(): Promise<number> {
  const count = async (shard: Shard): Promise<number> => {
    const stats = await shard.master.cli("info", "stats")
    return Number(/total_commands_processed:(\d+)/.exec(stats)?.[1])
  }
  const all = async () => (await Promise.all(shards.all.map(count))).reduce((sum, each) => sum + each, 0)
  const began = performance.now()
  const before = await all()
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  return ((await all()) - before) / ((performance.now() - began) / 1000)
}

describe("merges, and one shard loses its tail", () => {
  it.each([0, 1, 2])(
    "[P1] [P3] shard %i",
    async (which) => {
      const shard = shards.all[which]
      if (!shard) throw new Error("three shards")
      const app = await world.app()
      const people = await visitors(app)
      await shards.replicated()
      await shard.sever()
      for (const { web, externalId } of people) await web.login(app.token(externalId))
      await shard.failOver()
      const complaints = (
        await Promise.all(people.map((person, n) => complaint(app, person, n % 4 === 0)))
      ).flat()
      const atRest = await commandsPerSecond()
      await shard.revive()
      expect(complaints).toEqual([])
      expect(atRest).toBeLessThan(AT_REST_PER_SECOND)
    },
    TEST_DEADLINE_MS,
  )
})
