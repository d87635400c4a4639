/**
 * The merge procedure (docs/architecture.md 4): freeze → import → forward. Each step is one commit, and each begins by looking at
 * what is there, so that any node can go on where another one died. [P3]
 */
import { randomUUID } from "node:crypto"
import { combineChangeSets, type Versioned } from "../domain/change-set.ts"
import { type MergePlan, planMerge } from "../domain/fold.ts"
import {
  forward,
  freeze,
  importInto,
  type MergeCommand,
  type Survivor,
  thaw,
  type UserData,
} from "../domain/merge.ts"
import type { MergeState, UserRecord } from "../domain/records.ts"
import { HubError } from "../protocol/errors.ts"
import type { MergeReason } from "../protocol/events.ts"
import type { Partition } from "../repository/partition.ts"
import type { App } from "./app.ts"
import { badgesAfterMerge } from "./badges.ts"
import { type ResolvedConversation, resolveConversation } from "./conversation-lookup.ts"
import { loadSurvivor, loadUserData, mergeTargetOf, type ResolvedUser } from "./user-data.ts"

/** Hooks for tests that stop a node between two commits; production passes none. */
export interface Steps {
  after?(step: "claim" | "freeze" | "import" | "forward"): Promise<void>
}

/** [P5] The user an id means today. Whoever is found half merged is merged first. `undefined`: no record. */
export async function resolveUser(app: App, id: string, steps?: Steps): Promise<ResolvedUser | undefined> {
  let name = id
  for (;;) {
    const partition = app.homePartition(name)
    if (!partition) return undefined
    const versioned = await partition.get("user", name)
    if (!versioned.value) return undefined
    const { mergeState } = versioned.value
    if (!mergeState) return { partition, versioned, record: versioned.value }
    if (mergeState.kind === "merging") await finishMerge(app, name, steps)
    else name = mergeState.into
  }
}

/** The conversation that an id means today, and that stays his: an owner who is half merged is merged first. */
export async function settleConversation(app: App, id: string): Promise<ResolvedConversation | undefined> {
  for (;;) {
    const place = await resolveConversation(app, id)
    const owner = place && (await resolveUser(app, place.record.userId))
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
    const survivor = await resolveUser(app, survivingId, steps)
    const discarded = await resolveUser(app, discardedId, steps)
    if (!survivor || !discarded) throw new HubError("not_found", "No such user.")
    if (survivor.record.id === discarded.record.id) return begun
    if (reason !== "api" && discarded.record.externalId !== undefined) return false
    const command: MergeCommand = { mergeId, reason, mode: app.settings.conversationMode, now }
    if (discarded.partition === survivor.partition) {
      if (await mergeInOneCommit(app, discarded, survivor, command)) return true
    } else {
      const frozen = await discarded.partition.commit(
        freeze(discarded.versioned, discarded.record, survivor.record.id, command),
      )
      if (frozen.kind === "conflict") continue
      begun = true
      await steps?.after?.("freeze")
      await finishMerge(app, discarded.record.id, steps)
    }
  }
}

/** Both live in one partition: import and forward are one commit, and nobody is ever seen frozen. */
async function mergeInOneCommit(
  app: App,
  discarded: ResolvedUser,
  survivor: ResolvedUser,
  command: MergeCommand,
): Promise<boolean> {
  const userData = await loadUserData(app, discarded)
  const target = await loadSurvivor(app, survivor)
  const plan = planOf(userData, target, command)
  const badges = await badgesAfterMerge(app, survivor.partition, target, userData, plan)
  const into = { userId: survivor.record.id, partition: survivor.partition.index }
  const changeSet = combineChangeSets(
    importInto(userData, target, plan, badges, command),
    forward(userData, into, plan.outcomes, command),
  )
  return (await survivor.partition.commit(changeSet)).kind !== "conflict"
}

/** Finishes the merge of a frozen user: imports his things where he goes, unless that has happened, then forwards. */
export async function finishMerge(app: App, userId: string, steps?: Steps): Promise<void> {
  const partition = app.homePartition(userId)
  for (;;) {
    const versioned = await partition?.get("user", userId)
    const mergeState = versioned?.value?.mergeState
    if (!partition || !versioned?.value || mergeState?.kind !== "merging") return
    const { into, mergeId, reason, at } = mergeState
    const command: MergeCommand = { mergeId, reason, mode: app.settings.conversationMode, now: at }
    const userData = await loadUserData(app, { partition, versioned, record: versioned.value })
    const landed = await resolveImport(app, userData, into, command, steps)
    if (!landed) continue
    await steps?.after?.("import")
    const done = await partition.commit(forward(userData, landed.into, landed.outcomes, command))
    if (done.kind !== "conflict") await steps?.after?.("forward")
  }
}

const planOf = (userData: UserData, survivor: Survivor, { mode, now }: MergeCommand): MergePlan =>
  planMerge(userData.conversations, userData.partition, mergeTargetOf(survivor), mode, now)

interface ImportTarget extends Pick<MergePlan, "outcomes"> {
  readonly into: { readonly userId: string; readonly partition: number }
}

/**
 * Where the frozen user's things are, or are put now. The survivor named by the merge may have been merged on: the
 * way leads along their merge state, and at each user it is known whether the import has happened there.
 */
async function resolveImport(
  app: App,
  userData: UserData,
  into: string,
  command: MergeCommand,
  steps: Steps | undefined,
): Promise<ImportTarget | undefined> {
  let name = into
  for (;;) {
    if (name === userData.record.id) {
      // Whom he should have gone to has come to him instead: there is nothing left to merge.
      await app.homePartition(name)?.commit(thaw(userData.user, userData.record))
      return undefined
    }
    const partition = app.homePartition(name)
    if (!partition) throw new Error(`A merge leads to ${name}, which no hub made.`)
    const [versioned, imported] = await partition.load(
      { kind: "user", id: name },
      { kind: "imported", id: userData.record.id },
    )
    const record = versioned.value
    if (!record) throw new Error(`A merge leads to ${name}, who does not exist.`)
    if (imported.value?.mergeId === command.mergeId)
      return importTargetAt(userData, name, partition, imported.value.folded)
    if (record.mergeState?.kind === "merging") {
      if (await breakMergeCycle(app, userData.record.id, record, steps)) return undefined
      await finishMerge(app, name, steps)
      continue
    }
    if (record.mergeState) {
      name = record.mergeState.into
      continue
    }
    const person = { partition, versioned, record }
    if (partition.index === userData.partition) {
      // The survivor was merged on, back into the visitor's own partition.
      await mergeInOneCommit(
        app,
        { partition, versioned: userData.user, record: userData.record },
        person,
        command,
      )
      return undefined
    }
    const survivor = await loadSurvivor(app, person)
    const plan = planOf(userData, survivor, command)
    const badges = await badgesAfterMerge(app, partition, survivor, userData, plan)
    // He may have been thawed, and gone another way, before the survivor was looked at: then nothing is his to bring.
    const still = await app.homePartition(userData.record.id)?.get("user", userData.record.id)
    if (still?.version !== userData.user.version) return undefined
    const done = await partition.commit(importInto(userData, survivor, plan, badges, command))
    return done.kind === "conflict" ? undefined : importTargetAt(userData, name, partition, plan.pairs)
  }
}

function importTargetAt(
  userData: UserData,
  userId: string,
  partition: Partition,
  folded: MergePlan["pairs"],
): ImportTarget {
  const surviving = new Map(folded.map((pair) => [pair.discarded, pair.surviving]))
  return {
    into: { userId, partition: partition.index },
    outcomes: userData.conversations.map((state) => {
      const survivor = surviving.get(state.record.id)
      return { state, ends: survivor === undefined ? "moved" : "folded", in: survivor ?? state.record.id }
    }),
  }
}

/**
 * Merges that wait for each other in a circle, maybe by way of users who were merged already. If one of them has been
 * imported, only its forwarding is missing. Else the frozen user whose id comes first is thawed, and the others go on
 * into him.
 */
async function breakMergeCycle(app: App, start: string, next: UserRecord, steps?: Steps): Promise<boolean> {
  const circle: { versioned: Versioned<"user">; record: UserRecord; mergeState: MergeState }[] = []
  let name = next.id
  while (!circle.some(({ record }) => record.id === name)) {
    const versioned = await app.homePartition(name)?.get("user", name)
    const record = versioned?.value
    if (!versioned || !record?.mergeState) return false
    if (record.mergeState.kind === "merging")
      circle.push({ versioned, record, mergeState: record.mergeState })
    name = record.mergeState.into
  }
  if (!circle.some(({ record }) => record.id === start)) return false
  // Asked now that all of them were seen frozen: nothing is imported into a frozen user any more.
  for (const { record, mergeState } of circle) {
    if (!(await wasImported(app, record.id, mergeState))) continue
    await finishMerge(app, record.id, steps)
    return true
  }
  const [first] = circle.toSorted((a, b) => (a.record.id < b.record.id ? -1 : 1))
  if (first) await app.homePartition(first.record.id)?.commit(thaw(first.versioned, first.record))
  return true
}

async function wasImported(app: App, userId: string, { into, mergeId }: MergeState): Promise<boolean> {
  let name: string | undefined = into
  while (name !== undefined) {
    const partition = app.homePartition(name)
    const imported = await partition?.get("imported", userId)
    if (imported?.value?.mergeId === mergeId) return true
    const mergeState: MergeState | undefined = (await partition?.get("user", name))?.value?.mergeState
    name = mergeState?.kind === "merged" ? mergeState.into : undefined
  }
  return false
}
