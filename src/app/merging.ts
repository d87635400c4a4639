/**
 * The merge procedure (DESIGN 4): freeze → import → forward. Each step is one commit, and each begins by looking at
 * what is there, so that any node can go on where another one died. [P3]
 */
import { randomUUID } from "node:crypto"
import { combineChangeSets, type Versioned } from "../domain/change-set.ts"
import { type Plan, plan, type Whither } from "../domain/folding.ts"
import {
  type Estate,
  forward,
  freeze,
  importInto,
  type MergeOrder,
  type Survivor,
  thaw,
} from "../domain/merge.ts"
import type { Fate, UserRecord } from "../domain/records.ts"
import { HubError } from "../protocol/errors.ts"
import type { MergeReason } from "../protocol/events.ts"
import type { App } from "./app.ts"
import { marksAfterMerge } from "./marks.ts"
import type { Space } from "./memory.ts"
import { allConversations, findConversation, type Place, storyOf } from "./stories.ts"

/** A user who is nobody else: neither merged away nor about to be. */
export interface Person {
  readonly space: Space
  readonly versioned: Versioned<"user">
  readonly record: UserRecord
}

/** Hooks for tests that stop a node between two commits; production passes none. */
export interface Steps {
  after?(step: "claim" | "freeze" | "import" | "forward"): Promise<void>
}

/** [P5] The user an id means today. Whoever is found half merged is merged first. `undefined`: no record. */
export async function findPerson(app: App, id: string, steps?: Steps): Promise<Person | undefined> {
  let name = id
  for (;;) {
    const space = app.birthplace(name)
    if (!space) return undefined
    const versioned = await space.get("user", name)
    if (!versioned.value) return undefined
    const { fate } = versioned.value
    if (!fate) return { space, versioned, record: versioned.value }
    if (fate.kind === "merging") await finish(app, name, steps)
    else name = fate.into
  }
}

/** The conversation that an id means today, and that stays his: an owner who is half merged is merged first. */
export async function settledConversation(app: App, id: string): Promise<Place | undefined> {
  for (;;) {
    const place = await findConversation(app, id)
    const owner = place && (await findPerson(app, place.record.userId))
    if (!owner || owner.record.id === place.record.userId) return place
  }
}

/**
 * Merges the discarded user into the survivor; both may be named by any id they ever had. A merge of somebody with
 * himself does nothing. Returns when everything is done, whoever did it.
 *
 * @returns whether it was this call that merged them. `false`: they were one already, or a login found the visitor to
 * be somebody proven by now – two identified users are never merged by a login [4.2]
 */
export async function mergeUsers(
  app: App,
  discardedId: string,
  survivingId: string,
  reason: MergeReason,
  now: number,
  steps?: Steps,
): Promise<boolean> {
  const mergeId = randomUUID()
  let begun = false
  for (;;) {
    const survivor = await findPerson(app, survivingId, steps)
    const discarded = await findPerson(app, discardedId, steps)
    if (!survivor || !discarded) throw new HubError("not_found", "No such user.")
    if (survivor.record.id === discarded.record.id) return begun
    if (reason !== "api" && discarded.record.externalId !== undefined) return false
    const order: MergeOrder = { mergeId, reason, mode: app.settings.conversationMode, now }
    if (discarded.space === survivor.space) {
      if (await inOneCommit(app, discarded, survivor, order)) return true
    } else {
      const frozen = await discarded.space.commit(
        freeze(discarded.versioned, discarded.record, survivor.record.id, order),
      )
      if (frozen.kind === "conflict") continue
      begun = true
      await steps?.after?.("freeze")
      await finish(app, discarded.record.id, steps)
    }
  }
}

/** Both live in one partition: import and forward are one commit, and nobody is ever seen frozen. */
async function inOneCommit(
  app: App,
  discarded: Person,
  survivor: Person,
  order: MergeOrder,
): Promise<boolean> {
  const estate = await estateOf(app, discarded)
  const target = await survivorOf(app, survivor)
  const course = courseOf(estate, target, order)
  const marks = await marksAfterMerge(app, survivor.space, target, estate, course)
  const into = { userId: survivor.record.id, partition: survivor.space.partition }
  const changeSet = combineChangeSets(
    importInto(estate, target, course, marks, order),
    forward(estate, into, course.outcomes, order),
  )
  return (await survivor.space.commit(changeSet)).kind !== "conflict"
}

/** Finishes the merge of a frozen user: imports his things where he goes, unless that has happened, then forwards. */
export async function finish(app: App, userId: string, steps?: Steps): Promise<void> {
  const space = app.birthplace(userId)
  for (;;) {
    const versioned = await space?.get("user", userId)
    const fate = versioned?.value?.fate
    if (!space || !versioned?.value || fate?.kind !== "merging") return
    const { into, mergeId, reason, at } = fate
    const order: MergeOrder = { mergeId, reason, mode: app.settings.conversationMode, now: at }
    const estate = await estateOf(app, { space, versioned, record: versioned.value })
    const landed = await landing(app, estate, into, order, steps)
    if (!landed) continue
    await steps?.after?.("import")
    const done = await space.commit(forward(estate, landed.into, landed.outcomes, order))
    if (done.kind !== "conflict") await steps?.after?.("forward")
  }
}

/** What of the survivor a plan looks at. */
export const whither = ({ record, partition, target }: Survivor): Whither => ({
  userId: record.id,
  partition,
  target,
  settled: record.defaultConversation !== undefined,
})

const courseOf = (estate: Estate, survivor: Survivor, { mode, now }: MergeOrder): Plan =>
  plan(estate.stories, estate.partition, whither(survivor), mode, now)

interface Landing extends Pick<Plan, "outcomes"> {
  readonly into: { readonly userId: string; readonly partition: number }
}

/**
 * Where the frozen user's things are, or are put now. The survivor named by the merge may have been merged on: the
 * way leads along his fate, and at each user it is known whether the import has happened there.
 */
async function landing(
  app: App,
  estate: Estate,
  into: string,
  order: MergeOrder,
  steps: Steps | undefined,
): Promise<Landing | undefined> {
  let name = into
  for (;;) {
    if (name === estate.record.id) {
      // Whom he should have gone to has come to him instead: there is nothing left to merge.
      await app.birthplace(name)?.commit(thaw(estate.user, estate.record))
      return undefined
    }
    const space = app.birthplace(name)
    if (!space) throw new Error(`A merge leads to ${name}, which no hub made.`)
    const [versioned, imported] = await space.load(
      { kind: "user", id: name },
      { kind: "imported", id: estate.record.id },
    )
    const record = versioned.value
    if (!record) throw new Error(`A merge leads to ${name}, who does not exist.`)
    if (imported.value?.mergeId === order.mergeId) return landedAt(estate, name, space, imported.value.folded)
    if (record.fate?.kind === "merging") {
      if (await unlockCircle(app, estate.record.id, record, steps)) return undefined
      await finish(app, name, steps)
      continue
    }
    if (record.fate) {
      name = record.fate.into
      continue
    }
    const person = { space, versioned, record }
    if (space.partition === estate.partition) {
      // The survivor was merged on, back into the visitor's own partition.
      await inOneCommit(app, { space, versioned: estate.user, record: estate.record }, person, order)
      return undefined
    }
    const survivor = await survivorOf(app, person)
    const course = courseOf(estate, survivor, order)
    const marks = await marksAfterMerge(app, space, survivor, estate, course)
    // He may have been thawed, and gone another way, before the survivor was looked at: then nothing is his to bring.
    const still = await app.birthplace(estate.record.id)?.get("user", estate.record.id)
    if (still?.version !== estate.user.version) return undefined
    const done = await space.commit(importInto(estate, survivor, course, marks, order))
    return done.kind === "conflict" ? undefined : landedAt(estate, name, space, course.pairs)
  }
}

function landedAt(estate: Estate, userId: string, space: Space, folded: Plan["pairs"]): Landing {
  const surviving = new Map(folded.map((pair) => [pair.discarded, pair.surviving]))
  return {
    into: { userId, partition: space.partition },
    outcomes: estate.stories.map((story) => {
      const survivor = surviving.get(story.record.id)
      return { story, ends: survivor === undefined ? "moved" : "folded", in: survivor ?? story.record.id }
    }),
  }
}

/**
 * Merges that wait for each other in a circle, maybe by way of users who were merged already. If one of them has been
 * imported, only its forwarding is missing. Else the frozen user whose id comes first is thawed, and the others go on
 * into him.
 */
async function unlockCircle(app: App, start: string, next: UserRecord, steps?: Steps): Promise<boolean> {
  const circle: { versioned: Versioned<"user">; record: UserRecord; fate: Fate }[] = []
  let name = next.id
  while (!circle.some(({ record }) => record.id === name)) {
    const versioned = await app.birthplace(name)?.get("user", name)
    const record = versioned?.value
    if (!versioned || !record?.fate) return false
    if (record.fate.kind === "merging") circle.push({ versioned, record, fate: record.fate })
    name = record.fate.into
  }
  if (!circle.some(({ record }) => record.id === start)) return false
  // Asked now that all of them were seen frozen: nothing is imported into a frozen user any more.
  for (const { record, fate } of circle) {
    if (!(await wasImported(app, record.id, fate))) continue
    await finish(app, record.id, steps)
    return true
  }
  const [first] = circle.toSorted((a, b) => (a.record.id < b.record.id ? -1 : 1))
  if (first) await app.birthplace(first.record.id)?.commit(thaw(first.versioned, first.record))
  return true
}

async function wasImported(app: App, userId: string, { into, mergeId }: Fate): Promise<boolean> {
  let name: string | undefined = into
  while (name !== undefined) {
    const space = app.birthplace(name)
    const imported = await space?.get("imported", userId)
    if (imported?.value?.mergeId === mergeId) return true
    const fate: Fate | undefined = (await space?.get("user", name))?.value?.fate
    name = fate?.kind === "merged" ? fate.into : undefined
  }
  return false
}

export async function estateOf(app: App, { space, versioned, record }: Person): Promise<Estate> {
  const places = await allConversations(space, record.id)
  const [stories, aliases, devices] = await Promise.all([
    Promise.all(places.map((place) => storyOf(app, place))),
    space.rank("aliases", record.id, { limit: ALL }),
    space.rank("devices", record.id, { limit: ALL }),
  ])
  return {
    partition: space.partition,
    user: versioned,
    record,
    stories,
    aliases: aliases.map(({ member }) => member),
    devices: devices.map(({ member }) => member),
  }
}

export async function survivorOf(app: App, { space, versioned, record }: Person): Promise<Survivor> {
  const id = app.settings.conversationMode === "single" ? record.defaultConversation : undefined
  const place = id === undefined ? undefined : await findConversation(app, id)
  const target = place && place.record.userId === record.id ? await storyOf(app, place) : undefined
  return { partition: space.partition, user: versioned, record, target }
}

/** Names that move along with a merge; whoever has more than this keeps the forwarding of the rest. */
const ALL = 1000
