/**
 * [P1] [P3] Weeks in virtual time: devices write, sign in and out, go away for a moment or for days, and nodes die at
 * their commits. What expires, what is remembered for a day or two and what is compacted takes nothing that was said.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import type { App } from "../../src/app/app.ts"
import { Apps } from "../../src/app/app-registry.ts"
import { holderOf } from "../../src/app/directory.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { type Chance, range, seeded } from "../acceptance/random.ts"
import { expectDenseFeed, expectOwnWords, historyOf, textOf } from "../app/checks.ts"
import { externalIdOn, MODES, newApp, PARTITIONS, say } from "../app/stage.ts"
import { THOROUGH } from "../thorough.ts"
import { crashing } from "./crashing.ts"
import { Device } from "./simulated-device.ts"
import { VirtualTime } from "./virtual-time.ts"

const SEEDS = process.env.SEED
  ? process.env.SEED.split(",").map(Number)
  : range(3 * THOROUGH).map((k) => k + 1)
const NODES = 2
const DEVICES = 4
const PERSONS = 2
const STEPS = 40
const HOUR_MS = 3_600_000
const PAUSES_MS = [0, 0, 50, 1_000, 60_000, HOUR_MS, 13 * HOUR_MS, 30 * HOUR_MS]
/** A repeated send is known for a day at least [S4]. */
const REPEATED_AFTER_MS = 23 * HOUR_MS
const TEST_DEADLINE_MS = 60_000

async function live(device: Device, chance: Chance, time: VirtualTime, app: App): Promise<void> {
  for (let step = 0; step < STEPS; step += 1) {
    await time.sleep(chance.pick(PAUSES_MS))
    const dice = chance.below(20)
    if (dice < 9) await device.send()
    else if (dice < 13) await device.login()
    else if (dice < 17) {
      device.logout()
      await device.send()
    } else if (dice < 19) await device.readAll()
    else await repeat(device, time, app)
  }
  await device.login()
}

/** What was said is sent once more, much later, by the same user. */
async function repeat(device: Device, time: VirtualTime, app: App): Promise<void> {
  await device.send()
  const said = device.acknowledged.at(-1)
  if (!said || said.userId !== device.userId) return
  const { proven, name } = device
  await time.sleep(REPEATED_AFTER_MS)
  const again = await say(app, said.userId, said.text, { proven, device: name })
  expect([again.duplicate, again.message.id], `[S4] ${said.text}`).toEqual([true, said.messageId])
}

async function judge(app: App, devices: readonly Device[]): Promise<void> {
  const held = new Map<string, string[]>()
  const owners = new Map<string, string>()
  for (const device of devices)
    for (const { userId, externalId } of device.acknowledged) {
      const person =
        externalId === undefined
          ? await resolveUser(app, userId)
          : await holderOf(app, externalId, Date.now())
      owners.set(`${userId} ${externalId}`, person?.record.id ?? "nobody")
    }
  for (const owner of new Set(owners.values())) {
    const history = await historyOf(app, owner)
    await expectOwnWords(app, history, owner)
    await expectDenseFeed(app, owner)
    const positions = history.messages.map(({ position }) => position)
    expect(positions, "[P2] one order").toEqual([...new Set(positions)].sort())
    for (const message of history.messages)
      held.set(textOf(message), [...(held.get(textOf(message)) ?? []), `${owner} ${message.id}`])
  }
  for (const { acknowledged } of devices)
    for (const { text, userId, externalId, messageId } of acknowledged)
      expect(held.get(text), `[P1] [P3] ${text}`).toEqual([
        `${owners.get(`${userId} ${externalId}`)} ${messageId}`,
      ])
}

test.each(SEEDS)(
  "[P1] [P2] [P3] weeks of seed %i",
  async (seed) => {
    const time = new VirtualTime()
    const dir = await mkdtemp(join(tmpdir(), "trib-days-"))
    const store = await openLmdb({ dir, clock: time.now })
    onTestFinished(async () => {
      await store.close()
      await rm(dir, { recursive: true, force: true })
    })
    await time.run(async () => {
      const chance = seeded(seed)
      const app = await newApp(time.distant(store, 0), chance.pick(MODES))
      const nodes = await Promise.all(
        range(NODES).map((k) =>
          new Apps(crashing(time.distant(store, 1), seeded(seed * 1_000 + k), 16)).get(app.id),
        ),
      )
      const names = range(PERSONS).map((k) => externalIdOn(chance.below(PARTITIONS), `person${k}`))
      const devices = range(DEVICES).map(
        (k) => new Device(`d${k}`, chance.pick(names), nodes, seeded(seed * 2_000 + k)),
      )
      const began = time.now()
      await Promise.all(devices.map((device, k) => live(device, seeded(seed * 3_000 + k), time, app)))
      expect(time.now() - began, "days went by").toBeGreaterThan(5 * 24 * HOUR_MS)
      await judge(app, devices)
    })
  },
  TEST_DEADLINE_MS,
)
