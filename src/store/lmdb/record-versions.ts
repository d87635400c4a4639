/** [S3] One number for every commit that puts records, never used twice, also after a restart. */

import { NUMBER_BYTES, readNumber, writeNumber } from "./key-bytes.ts"
import type { Tables } from "./tables.ts"

const LAST = Buffer.from("last version")

export interface Versions {
  next(): number
  /** Inside a transaction, once per batch: what was given out in it is saved with it. */
  save(): void
}

export function openVersions(tables: Tables): Versions {
  const stored = tables.meta.get(LAST)
  let saved = stored === undefined ? 0 : readNumber(stored, 0)
  let last = saved
  return {
    next: () => {
      last += 1
      return last
    },
    save: () => {
      if (last === saved) return
      const encoded = Buffer.allocUnsafe(NUMBER_BYTES)
      writeNumber(encoded, last, 0)
      tables.meta.putSync(LAST, encoded)
      saved = last
    },
  }
}
