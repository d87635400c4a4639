/**
 * One seed drives devices, nodes, logins, merges, logouts and crashes on either side of any commit; then every promise
 * of docs/architecture.md 1 that lies below the wire is checked. `SEED=7 npx vitest run test/simulation` plays one seed
 * again.
 */
import { expect, test } from "vitest"
import type { App } from "../../src/app/app.ts"
import { Apps } from "../../src/app/app-registry.ts"
import { holderOf } from "../../src/app/directory.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import { HubError } from "../../src/protocol/errors.ts"
import { type Chance, range, seeded } from "../acceptance/random.ts"
import { jittered } from "../app/chance.ts"
import { expectConversations, expectDenseFeed, expectOwnWords, historyOf, textOf } from "../app/checks.ts"
import { fileStore } from "../app/file-store.ts"
import { answer, externalIdOn, MODES, newApp, PARTITIONS } from "../app/stage.ts"
import { THOROUGH } from "../thorough.ts"
import { crashing } from "./crashing.ts"
import { Agent, expectAgents } from "./simulated-agent.ts"
import { Console } from "./simulated-console.ts"
import { Device, insistently } from "./simulated-device.ts"

const opened = fileStore()

const SEEDS = process.env.SEED
  ? process.env.SEED.split(",").map(Number)
  : range(Number(process.env.SEEDS ?? 4 * THOROUGH)).map((k) => k + Number(process.env.FROM ?? 1))

/** The worlds of some seeds at once: each waits for its pauses, and has an app of its own. */
const SIDE_BY_SIDE = 4
const NODES = 3
const PERSONS = 3
const DEVICES = 7
const STEPS = 14
const AGENTS = 2

interface World {
  readonly devices: readonly Device[]
  /** What was answered: text, and whose conversation it was at that moment. */
  readonly answers: string[]
  /** Pairs of users whom the operator made one. */
  readonly merges: (readonly [string, string])[]
}

async function play(seed: number): Promise<void> {
  const chance = seeded(seed)
  const plain = await newApp(opened.store, chance.pick(MODES))
  const nodes = await Promise.all(
    range(NODES).map((k) => {
      const own = seeded(seed * 1_000 + k)
      return new Apps(jittered(crashing(opened.store, own, 12), own, 5)).get(plain.id)
    }),
  )
  const names = range(PERSONS).map((k) => externalIdOn(chance.below(PARTITIONS), `person${k}`))
  const devices = range(DEVICES).map(
    (k) => new Device(`d${k}`, chance.pick(names), nodes, seeded(seed * 2_000 + k)),
  )
  const world: World = { devices, answers: [], merges: [] }
  const agents = await Promise.all(
    range(AGENTS).map(async (k) => {
      const own = seeded(seed * 5_000 + k)
      return new Agent(`agent${k}`, await Console.open(own.pick(nodes)), nodes, own)
    }),
  )
  await Promise.all([
    ...agents.map((agent) => agent.work(devices, STEPS * 2)),
    ...devices.map((device, k) => live(device, seeded(seed * 3_000 + k))),
    operate(world, nodes, seeded(seed * 4_000), seed % 3 !== 0),
  ])
  await judge(plain, world)
  await expectAgents(plain, agents, new Set(devices.flatMap(({ users }) => users)))
}

async function live(device: Device, chance: Chance): Promise<void> {
  for (let step = 0; step < STEPS; step += 1) {
    const dice = chance.below(20)
    if (dice < 12) await device.send()
    else if (dice < 15) await device.login()
    else if (dice < 17) device.logout()
    else await device.readAll()
  }
}

/** Agents answer, and in most worlds the operator merges users at random: visitors, signed-in ones. */
async function operate(
  { devices, answers, merges }: World,
  nodes: readonly App[],
  chance: Chance,
  merging: boolean,
): Promise<void> {
  for (let step = 0; step < STEPS * 2; step += 1) {
    const [one, other] = [chance.pick(devices), chance.pick(devices)]
    try {
      if (merging && chance.below(3) === 0) {
        const [from, to] = [one.userId, other.userId]
        merges.push([from, to])
        await insistently(() =>
          mergeUsers(chance.pick(nodes), { discardedId: from, survivingId: to, reason: "api" }, Date.now()),
        )
      } else {
        const conversation = one.conversations.at(-1)
        if (conversation === undefined) continue
        const text = `agent.${step}`
        await insistently(() => answer(chance.pick(nodes), conversation, text))
        answers.push(text)
      }
    } catch (error) {
      // A visitor who never wrote has no record yet.
      if (!(error instanceof HubError) || error.code !== "not_found") throw error
    }
  }
}

async function judge(app: App, { devices, answers, merges }: World): Promise<void> {
  const users = new Set(devices.flatMap((device) => device.users))
  const survivors = new Map<string, string>()
  for (const user of users) {
    const person = await resolveUser(app, user)
    if (person) survivors.set(user, person.record.id)
  }
  const held = new Map<string, string[]>()
  for (const survivor of new Set(survivors.values())) {
    const history = await historyOf(app, survivor)
    await expectOwnWords(app, history, survivor)
    const positions = history.messages.map(({ position }) => position)
    expect(positions, "[P2] one order").toEqual([...new Set(positions)].sort())
    for (const message of history.messages)
      held.set(textOf(message), [...(held.get(textOf(message)) ?? []), `${survivor} ${message.id}`])
  }
  for (const user of users) await expectDenseFeed(app, user)
  for (const device of devices) {
    const name = await holderOf(app, device.externalId, Date.now())
    for (const { text, userId, messageId, externalId } of device.acknowledged) {
      const owner = externalId === undefined ? survivors.get(userId) : name?.record.id
      const conversations = held.get(text) ?? []
      const theirs = `${owner} ${messageId}`
      // A doubted one may be two people's, and the two may have been merged since [3.2].
      if (device.doubted.has(text) && merges.length > 0)
        expect(conversations, `[P1] ${text}`).toContain(theirs)
      else expect(conversations, `[P1] [P3] ${text}`).toEqual([theirs])
    }
    const owners = new Set(device.acknowledged.map(({ userId }) => survivors.get(userId)))
    if (owners.size === 1) await expectConversations(app, device.conversations, [...owners][0] ?? "")
  }
  for (const text of answers) expect(held.get(text), `[P1] ${text}`).toHaveLength(1)
  const doubted = new Set(devices.flatMap((device) => [...device.doubted]))
  for (const [text, conversations] of held)
    if (!doubted.has(text)) expect(conversations, `stored once: ${text}`).toHaveLength(1)
  if (merges.length === 0) {
    const persons = await Promise.all(
      [...new Set(devices.map(({ externalId }) => externalId))].map((name) =>
        holderOf(app, name, Date.now()),
      ),
    )
    const known = persons.flatMap((person) => (person ? [person.record.id] : []))
    expect(new Set(known).size, "[P4] logins never merge two persons").toBe(known.length)
  }
}

test(
  `[P1] [P2] [P3] [P4] [P5] devices, nodes and crashes: ${SEEDS.length} seeds`,
  async () => {
    const waiting = SEEDS.values()
    const lane = async (): Promise<void> => {
      for (const seed of waiting) {
        try {
          await play(seed)
        } catch (error) {
          throw new Error(`SEED=${seed}: ${error instanceof Error ? error.stack : error}`, { cause: error })
        }
      }
    }
    await Promise.all(range(SIDE_BY_SIDE).map(lane))
  },
  SEEDS.length * 10_000,
)
