/**
 * Several users go into one survivor in one commit (docs/architecture.md 4): a crowd that signs in as the same person would
 * otherwise wait for as many commits as it has members. Each is merged into what the ones before made of the survivor.
 */

import type { Versioned } from "./change-set.ts"
import { type ChangeSet, combineChangeSets } from "./change-set.ts"
import type { UserData } from "./discarded-user.ts"
import { type MergePlan, planMerge, type UpdatedConversation } from "./fold.ts"
import { forward } from "./forward.ts"
import { importInto, type MergeBadges, type MergeCommand, type Survivor } from "./merge.ts"
import type { UserRecord } from "./records.ts"

/** One of those who are merged. */
export interface Merging {
  readonly userData: UserData
  /** Of those from another partition. */
  readonly imported: Versioned<"imported"> | undefined
  readonly command: MergeCommand
}

export interface MergedMany {
  readonly changeSet: ChangeSet
  readonly survivor: UserRecord
  /** As the last fold or move leaves them. */
  readonly updated: readonly UpdatedConversation[]
}

/** Whose tickets bear the badge; tickets that lose it for them are told of afterwards. */
export type BearsBadge = (plan: MergePlan) => MergeBadges["bearsBadge"]

/** A user in the survivor's partition is forwarded by the same commit. */
export function mergeMany(survivor: Survivor, all: readonly Merging[], bearsBadge: BearsBadge): MergedMany {
  const updated = new Map<string, UpdatedConversation>()
  let changeSet: ChangeSet = {}
  let current = survivor
  for (const { userData, imported, command } of all) {
    const { record, target, partition } = current
    const into = { userId: record.id, partition }
    const found = { ...into, target, hasDefault: record.defaultConversation !== undefined, ...NO_IMPORT }
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

const NO_IMPORT: Pick<Survivor, "earlier" | "importedLogs"> = { earlier: new Map(), importedLogs: new Map() }

/** Nothing of it is stored yet: what is expected of the store stays what was read. */
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

/** The survivor's conversation is expected by each of them, and all expect the same. */
function distinct<T extends { readonly of?: string; readonly log: string }>(heads: readonly T[]): T[] {
  return [...new Map(heads.map((head) => [`${head.of ?? ""} ${head.log}`, head])).values()]
}
