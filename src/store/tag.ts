/** A tag distinguishes an entry from another one that came to bear its number ([S6]). One maker for both engines. */
import { randomFillSync } from "node:crypto"

const BYTES = 6
/** Characters of a tag: 48 random bits in base64url. */
export const TAG_CHARACTERS = 8

/** Random bytes for many tags at once: that costs a hundredth of a call for each. */
const pool = Buffer.alloc(512 * BYTES)
let used = pool.length

export function randomTag(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += BYTES
  return pool.toString("base64url", used - BYTES, used)
}
