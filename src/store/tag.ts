/**
 * A tag tells an entry from another one that got its number after the store lost its tail ([S6]). Both engines make
 * them here.
 */
import { randomBytes } from "node:crypto"

const BYTES = 6
/** Characters of a tag: 48 random bits in base64url. */
export const TAG_CHARACTERS = 8

/** Tags made at once, as one text: a call of the system's generator for each would cost a hundred times as much. */
const MANY = 512
let tags = ""
let used = 0

export function randomTag(): string {
  if (used === tags.length) {
    tags = randomBytes(MANY * BYTES).toString("base64url")
    used = 0
  }
  used += TAG_CHARACTERS
  return tags.slice(used - TAG_CHARACTERS, used)
}
