/**
 * What no commit may contain, the same for every engine. It is checked before the change joins a batch: neither a
 * transaction of lmdb-js nor a script of Redis undoes its first half where the second throws ([S1]), so a change that was
 * checked must not fail.
 */
import type { Change, PartitionName } from "./contract.ts"

/** Names of more than this many bytes are refused ([S14]). */
const MAX_NAME_BYTES = 512

/** @throws RangeError that says what of the change no engine can do */
export function validateChange(partition: PartitionName, change: Change): void {
  const { known = [], expect = [], heads = [], put = [], remove = [] } = change
  const { id, after, append = [], rank = [], expire = [] } = change
  checkName(partition)
  for (const one of [id, after]) {
    if (one === undefined) continue
    checkName(one.scope)
    checkName(one.key)
  }
  for (const one of known) {
    checkName(one.id.scope)
    checkName(one.id.key)
    for (const number of [one.at, ...one.n]) checkWhole(number, "an address")
  }
  for (const [key, version] of expect) {
    checkName(key)
    checkWhole(version, "an expected version")
  }
  for (const { log, n, below } of heads) {
    checkName(log)
    if (n !== undefined) checkWhole(n, "an expected head")
    if (below !== undefined) checkWhole(below, "a bound of a head")
  }
  for (const [key] of put) checkName(key)
  for (const key of remove) checkName(key)
  for (const [index, { log, of, floor, at, keep }] of append.entries()) {
    checkName(log)
    if (of !== undefined && !(Number.isInteger(of) && of >= 0 && of < index))
      throw new RangeError(
        `append ${index} points to append ${of}, which is not an earlier one of its change`,
      )
    if (floor !== undefined) checkFinite(floor, "a floor")
    if (at !== undefined) checkWhole(at, "the time of a copy")
    if (keep !== undefined) checkFinite(keep, "a number of entries to keep")
  }
  for (const one of expire) {
    checkName("key" in one ? one.key : one.log)
    if (!(Number.isSafeInteger(one.seconds) && one.seconds > 0))
      throw new RangeError(`a time to live is a positive whole number of seconds, not ${one.seconds}`)
  }
  for (const [ranking, member, score] of rank) {
    checkName(ranking)
    checkName(member)
    if (typeof score === "number") checkFinite(score, "a score")
  }
}

/** @throws RangeError for a name that is too long to be part of a key */
export function checkName(name: string): void {
  // Three bytes is the most UTF-8 takes per UTF-16 unit: most names need no counting.
  if (name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw new RangeError(`a name in the store has at most ${MAX_NAME_BYTES} bytes: ${name.slice(0, 40)}…`)
}

/** Negative numbers pass: no version and no head has one, so an expectation of it is simply not met. */
function checkWhole(value: number, what: string): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${what} is a whole number, not ${value}`)
}

function checkFinite(value: number, what: string): void {
  if (!Number.isFinite(value)) throw new RangeError(`${what} is a finite number, not ${value}`)
}
