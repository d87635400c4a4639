/**
 * What no commit may ask. It is checked before the change joins a batch, because LMDB does not undo the first half of
 * a change whose second half throws ([S1]): past this point nothing about a change may throw.
 */
import type { Change, PartitionName } from "../contract.ts"
import { checkName } from "./key-bytes.ts"

export function checkChange(partition: PartitionName, change: Change): void {
  checkName(partition)
  if (change.id !== undefined) {
    checkName(change.id.scope)
    checkName(change.id.key)
  }
  for (const [key] of change.expect ?? []) checkName(key)
  for (const { log } of change.heads ?? []) checkName(log)
  for (const [key] of change.put ?? []) checkName(key)
  for (const key of change.remove ?? []) checkName(key)
  for (const [index, { log, of }] of (change.append ?? []).entries()) {
    checkName(log)
    if (of !== undefined && !(Number.isInteger(of) && of >= 0 && of < index)) {
      throw new RangeError(
        `append ${index} points to append ${of}, which is not an earlier one of its change`,
      )
    }
  }
  for (const [ranking, member, score] of change.rank ?? []) {
    checkName(ranking)
    checkName(member)
    if (typeof score === "number" && !Number.isFinite(score)) {
      throw new RangeError(`a score is a finite number, not ${score}`)
    }
  }
}
