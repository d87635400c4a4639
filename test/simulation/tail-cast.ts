/** A login whose tail is lost: who takes part, every point at which it may break off, and what must be true then. */
import { expect } from "vitest"
import { App } from "../../src/app/app.ts"
import { holderOf } from "../../src/app/directory.ts"
import { isStillAnonymous } from "../../src/app/logout.ts"
import type { Presenter } from "../../src/app/presenter.ts"
import type { UserRecord } from "../../src/domain/records.ts"
import { range } from "../acceptance/random.ts"
import { expectConversations, historyOf, textOf } from "../app/checks.ts"
import {
  anonymous,
  answer,
  externalIdOn,
  type MODES,
  newApp,
  open,
  person,
  say,
  signIn,
  UNKNOWN,
  visitor,
} from "../app/stage.ts"
import type { Losing } from "./losing.ts"

/** Visitor, person and directory each lie in a partition of their own. */
export const PARTITIONS = 3
export const [VISITOR, PERSON] = [0, 1] as const
const DIRECTORY = 2
/** A healthy commit is tried once; a loop that spins is found by its calls. */
const MAX_CONFLICTS = 20
const MUCH = 50

export interface Cast {
  readonly world: Losing
  readonly app: App
  readonly externalId: string
  readonly guest: string
  readonly conversationId: string
  /** Acknowledged before anything was lost, on partitions that keep it. */
  readonly safe: string[]
  readonly conflicts: string[]
}

export type Mode = (typeof MODES)[number]

/** A node that says where it was overtaken. */
export function nodeOn({ store }: Losing, record: App["record"]): Pick<Cast, "app" | "conflicts"> {
  const conflicts: string[] = []
  const app = new App(store, record, {
    conflict: (what) => void conflicts.push(what),
    exhausted: (what) => void conflicts.push(`${what} given up`),
    away: () => undefined,
    unshowable: () => undefined,
  })
  return { app, conflicts }
}

export async function cast(
  world: Losing,
  mode: Mode,
  known: boolean,
  { more = 0, home = PERSON as number, slot = DIRECTORY as number } = {},
): Promise<Cast> {
  const plain = await newApp(world.store, mode, PARTITIONS)
  const { app, conflicts } = nodeOn(world, plain.record)
  const externalId = externalIdOn(slot, "somebody", PARTITIONS)
  const safe: string[] = []
  if (known) {
    const survivor = await person(app, home, externalId)
    await say(app, survivor, "old", { proven: true })
    safe.push("old")
  }
  const guest = visitor(VISITOR)
  const { message } = await say(app, guest, "1")
  await say(app, guest, "2")
  await answer(app, message.conversationId, "3")
  safe.push("1", "2", "3")
  for (const k of range(more)) {
    await say(app, guest, `room ${k}`, { conversationId: await open(app, guest) })
    safe.push(`room ${k}`)
  }
  return { world, app, externalId, guest, conversationId: message.conversationId, safe, conflicts }
}

export const nameOf = (app: App, partition: number): string => `${app.id}:${partition}`

/** Everybody who may come by, one after another; each finds the same person, with everything that was safe. */
export async function judge(scene: Cast): Promise<void> {
  const consumed = !(await isStillAnonymous(scene.app, scene.guest))
  await judgeBy(scene, [consumed ? UNKNOWN : anonymous(scene.guest), UNKNOWN])
}

export async function judgeBy(
  { app, externalId, conversationId, safe, conflicts }: Cast,
  presenters: readonly Presenter[],
): Promise<void> {
  conflicts.length = 0
  const ids: string[] = []
  for (const presenter of presenters) {
    const { person } = await signIn(app, presenter, externalId)
    ids.push(person.record.id)
    const text = `again ${ids.length}`
    await say(app, person.record.id, text, { proven: true })
    safe.push(text)
    // So much is read but once, when all were there.
    if (safe.length > MUCH && ids.length < presenters.length) continue
    const texts = (await historyOf(app, person.record.id)).messages.map(textOf)
    const found = safe.filter(
      (one) => texts.indexOf(one) >= 0 && texts.indexOf(one) === texts.lastIndexOf(one),
    )
    expect(found, `once each, of ${texts}`).toEqual(safe)
  }
  expect(new Set(ids).size, "one person").toBe(1)
  expect((await holderOf(app, externalId, Date.now()))?.record.id).toBe(ids[0])
  await expectConversations(app, [conversationId], ids[0] ?? "")
  await answer(app, conversationId, "an agent goes on")
  expect(conflicts.length, conflicts.join(", ")).toBeLessThan(MAX_CONFLICTS)
}

export interface Meanwhile {
  /** After the login, before its tail is lost. */
  readonly before?: (scene: Cast, person: { readonly record: UserRecord }) => Promise<void>
  /** After the loss, before the next sign-in. */
  readonly after?: (scene: Cast) => Promise<void>
  readonly judged?: (scene: Cast) => Promise<void>
  /** So many commits the login makes in the partition at least. */
  readonly steps?: number
}

/** One login for each number of its commits that the partition may lose at its end. */
export async function loseEveryTail(
  partition: number,
  make: () => Promise<Cast>,
  { before, after, judged = judge, steps = 0 }: Meanwhile = {},
): Promise<void> {
  for (let lost = 1; ; lost += 1) {
    const scene = await make()
    const { world } = scene
    const name = nameOf(scene.app, partition)
    const first = world.commits(name)
    const { person } = await signIn(scene.app, anonymous(scene.guest), scene.externalId)
    const made = world.commits(name) - first
    expect(made, "steps").toBeGreaterThanOrEqual(steps)
    if (lost > made) break
    await before?.(scene, person)
    await world.lose(name, first + made - lost)
    try {
      await after?.(scene)
      await judged(scene)
    } catch (error) {
      throw new Error(`lost ${lost} of ${made}: ${error instanceof Error ? error.stack : error}`)
    }
  }
}
