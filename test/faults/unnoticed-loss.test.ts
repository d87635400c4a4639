/**
 * [P2] On a cluster: a fail-over that loses messages is noticed on every device that had seen them, and slots that
 * move from one master to another leave no device deaf.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Device } from "../acceptance/person-device.ts"
import { range } from "../acceptance/random.ts"
import { type App, World } from "../acceptance/world.ts"
import { eventually } from "./eventually.ts"
import { startHubOver } from "./hub-over.ts"
import { type Shards, startShards } from "./shards.ts"

const TEST_DEADLINE_MS = 180_000
const PEOPLE = 20
/** A silent loss is found within so long. */
const NOTICED_MS = 32_000
/** Everything is fetched for every look. */
const LOOK_MS = 1_000
/** What is told while and after slots move arrives as if they had not. */
const MOVED_MS = 5_000

let shards: Shards
let world: World
beforeAll(async () => {
  shards = await startShards()
  const extra = { PARTITIONS: "6" }
  world = new World("redis", () => startHubOver([shards.url, shards.url], extra, () => shards.stop()))
  await world.begin()
}, TEST_DEADLINE_MS)
afterAll(() => world.end())

/** Two devices of each, on both nodes. */
async function people(app: App, count = PEOPLE): Promise<Device[][]> {
  return await Promise.all(
    range(count).map(async (n) => {
      const phone = await app.member(`person ${n}`, { on: 0, reconnection: true })
      const tablet = await app.member(`person ${n}`, { on: 1, reconnection: true })
      await phone.send(`first of ${n}`)
      await tablet.shows(`first of ${n}`)
      return [phone, tablet]
    }),
  )
}

const texts = (device: Device): string[] =>
  device.view
    .conversations()
    .flatMap(({ messages }) => messages.map(({ content }) => JSON.stringify(content)))

const stored = async (device: Device): Promise<string[]> =>
  (await device.fetch()).flatMap(({ messages }) => messages.map(({ content }) => JSON.stringify(content)))

describe("a cluster", () => {
  it(
    "[P2] a fail-over that lost messages is noticed on every device that shows them",
    async () => {
      const [shard] = shards.all
      if (!shard) throw new Error("three shards")
      const app = await world.app()
      const all = await people(app, PEOPLE / 2)
      await shards.replicated()
      await shard.sever()
      for (const [n, [phone, tablet]] of all.entries()) {
        for (const m of range(3)) await phone?.send(`lost? ${n} ${m}`)
        await tablet?.shows(`lost? ${n} 2`)
      }
      await shard.failOver()
      const wrong = async (): Promise<string[]> => {
        const each = all.flat().map(async (device, at) => {
          const truth = await stored(device).catch(() => undefined)
          const same = truth && JSON.stringify(texts(device).sort()) === JSON.stringify(truth.sort())
          return same ? [] : [`device ${at}: ${texts(device).length} shown, ${truth?.length} stored`]
        })
        return (await Promise.all(each)).flat()
      }
      await eventually(
        "what every device shows",
        async () => (await wrong()).length === 0,
        NOTICED_MS,
        LOOK_MS,
      ).catch(() => undefined)
      const left = await wrong()
      await shard.revive()
      expect(left).toEqual([])
    },
    TEST_DEADLINE_MS,
  )

  it(
    "[P2] slots that move while people write leave no device deaf",
    async () => {
      const app = await world.app()
      const all = await people(app, PEOPLE / 2)
      let going = true
      const late: string[] = []
      const talk = all.map(async ([phone, tablet], n) => {
        for (let m = 0; going; m++) {
          const text = `${n} while slots move ${m}`
          const began = performance.now()
          await phone?.send(text).catch((error: unknown) => late.push(`${n}: ${error}`))
          await tablet
            ?.until(text, () => tablet.view.shows(text), NOTICED_MS)
            .catch(() => late.push(`${n}: never heard ${text}`))
          const took = performance.now() - began
          if (took > MOVED_MS) late.push(`${n}: heard ${text} after ${Math.round(took)} ms`)
        }
      })
      for (const partition of range(6)) {
        const slot = await shards.slotOf(`{${app.id}:${partition}}`)
        const from = await shards.ownerOf(slot)
        const to = shards.all[(shards.all.indexOf(from) + 1) % shards.all.length]
        if (to) await shards.move(slot, to)
      }
      going = false
      await Promise.all(talk)
      for (const [n, [phone, tablet]] of all.entries()) {
        const began = performance.now()
        await phone?.send(`last of ${n}`)
        await tablet?.until(`last of ${n}`, () => tablet.view.shows(`last of ${n}`), NOTICED_MS)
        const took = performance.now() - began
        if (took > MOVED_MS) late.push(`${n}: heard the last after ${Math.round(took)} ms`)
      }
      expect(late).toEqual([])
    },
    TEST_DEADLINE_MS,
  )
})
