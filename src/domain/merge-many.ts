/**
 * Merges several users into one survivor in one commit (docs/architecture.md 4): many visitors who sign in as the same
 * person at once would otherwise wait for as many commits. Each is merged into the survivor as the ones before left them.
 */

import type { Versioned } from "./change-set.ts"
import { type ChangeSet, combineChangeSets } from "./change-set.ts"
import type { UserData } from "./discarded-user.ts"
import { type MergePlan, planMerge, type UpdatedConversation } from "./fold.ts"
import { forward } from "./forward.ts"
import { importInto, type MergeBadges, type MergeCommand, NO_EARLIER_IMPORT, type Survivor } from "./merge.ts"
import type { UserRecord } from "./records.ts"

/** One of the users who are merged. */
export interface Merging {
  readonly userData: UserData
  /** Set for a user from another partition. */
  readonly imported: Versioned<"imported"> | undefined
  readonly command: MergeCommand
}

export interface MergedMany {
  readonly changeSet: ChangeSet
  readonly survivor: UserRecord
  /** Each conversation as the last fold or move left it. */
  readonly updated: readonly UpdatedConversation[]
}

/** Which moved tickets bear the badge. Those of the survivor that lose it are told of after the commit. */
export type BearsBadge = (plan: MergePlan) => MergeBadges["bearsBadge"]

/** A user in the survivor's own partition is also forwarded by this commit. */
export function mergeMany(survivor: Survivor, all: readonly Merging[], bearsBadge: BearsBadge): MergedMany {
  const updated = new Map<string, UpdatedConversation>()
  let changeSet: ChangeSet = {}
  let current = survivor
  for (const { userData, imported, command } of all) {
    const { record, target, partition } = current
    const into = { userId: record.id, partition }
    const found = {
      ...into,
      target,
      hasDefault: record.defaultConversation !== undefined,
      ...NO_EARLIER_IMPORT,
    }
    const plan = planMerge(userData.conversations, userData.partition, found, command.mode, command.now)
    const badges = { bearsBadge: bearsBadge(plan), append: [], heads: [], expect: [] }
    const imports = importInto(userData, { ...current, imported }, plan, badges, command)
    changeSet = combineChangeSets(changeSet, imports)
    if (userData.partition === partition)
      changeSet = combineChangeSets(changeSet, forward(userData, into, plan.outcomes, command))
    for (const one of plan.updated) updated.set(one.record.id, one)
    current = survivorAfter(current, imports, plan)
  }
  return {
    changeSet: { ...changeSet, heads: distinct(changeSet.heads ?? []) },
    survivor: current.record,
    updated: [...updated.values()],
  }
}

/** The survivor after one more merge. Nothing is stored yet, so the versions stay those that were read. */
function survivorAfter(before: Survivor, { put = [] }: ChangeSet, { updated }: MergePlan): Survivor {
  const record = put.find((one) => one.kind === "user" && one.id === before.record.id)
  const into = updated.find((one) => one.record.id === before.target?.record.id)
  return {
    ...before,
    // The boundary: a put of this kind holds a value of this kind.
    record: (record?.value as UserRecord | undefined) ?? before.record,
    ...(before.target && into && { target: stateAfter(before.target, into) }),
  }
}

const stateAfter = (
  state: NonNullable<Survivor["target"]>,
  { record, markers, reading, last, lastActivityAt }: UpdatedConversation,
): NonNullable<Survivor["target"]> => ({
  ...state,
  record,
  markers: { ...state.markers, value: markers },
  reading,
  last,
  lastActivityAt,
})

/** Each merge expects the same head of the survivor's conversation: it is needed once. */
function distinct<T extends { readonly of?: string; readonly log: string }>(heads: readonly T[]): T[] {
  return [...new Map(heads.map((head) => [`${head.of ?? ""} ${head.log}`, head])).values()]
}
