/** A tag distinguishes an entry from another one that came to bear its number ([S6]). One maker for both engines. */
import { randomBytes } from "node:crypto"

const BYTES = 6
/** Characters of a tag: 48 random bits in base64url. */
export const TAG_CHARACTERS = 8

/** Many tags are made at once, as one text: that costs a hundredth of a call for each. */
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
