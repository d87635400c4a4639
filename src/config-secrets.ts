/** Reads settings that are secrets, and refuses those that are too easily guessed or cannot work. */
export type Mode = "development" | "production"

/** Reads a value that is there; throws a `Refusal` that ends the sentence "NAME …". */
export type Parse<T> = (text: string, mode: Mode) => T

export class Refusal extends Error {}

const SHORTEST_SECRET = 16
const FEWEST_CHARACTERS = 6
/** Placeholders: copied from a documentation, or not replaced by a shell. */
const PLACEHOLDER =
  /change[-_ ]?me|replace[-_ ]?|^(?:default|example|your|insert|enter|paste|put|todo|fixme)[-_ ]|[-_ ]here$|\$[({]|^<.*>$|%\w+%|\{\{/i
/** Parts that an attacker tries first. Only what is left of a secret without them counts as random. */
const GUESSED = new RegExp(
  [
    "administrator|admin|password|passwd|passphrase|secret|session|token|tributary|hub|test|letmein|key|value",
    "development|develop|dev|production|prod|staging|local|docker|compose|example|sample|default|random|secure|super",
    "undefined|null|true|false|hello|world|company|please|correct|horse|battery|staple|signing|sign|bearer|metrics",
    "server|redis|shop|demo|node|jwt|my|the|only|for|trying|out|[\\s_.!-]|\\d{1,4}$",
  ].join("|"),
  "gi",
)
const ROWS = [
  "qwertyuiop",
  "qwertzuiop",
  "azertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "1234567890",
  "abcdefghijklmnopqrstuvwxyz",
]
/** Runs of at least this many letters from a row of the keyboard or the alphabet do not count as random. */
const RUN = 4

function withoutRuns(text: string): string {
  let rest = ""
  for (let at = 0; at < text.length; ) {
    const run = runAt(text, at)
    if (run === 0) rest += text[at]
    at += Math.max(1, run)
  }
  return rest
}

function runAt(text: string, at: number): number {
  for (let end = text.length; end - at >= RUN; end -= 1) {
    const part = text.slice(at, end)
    if (ROWS.some((row) => row.includes(part) || [...row].reverse().join("").includes(part)))
      return part.length
  }
  return 0
}

const trivial = (text: string): boolean =>
  new Set(text.toLowerCase()).size < FEWEST_CHARACTERS ||
  /^(.{1,8})\1+$/s.test(text) ||
  new Set(withoutRuns(text.toLowerCase()).replace(GUESSED, "")).size < FEWEST_CHARACTERS

export const secretText: Parse<string> = (text, mode) => {
  if (text !== text.trim() || /\p{Cc}/u.test(text))
    throw new Refusal("must have no line feeds or control characters, and no blanks around it")
  if (mode === "development") return text
  if (text.length < SHORTEST_SECRET)
    throw new Refusal(`must have at least ${SHORTEST_SECRET} characters in production`)
  if (PLACEHOLDER.test(text)) throw new Refusal("is a placeholder: production needs a secret of its own")
  if (trivial(text)) throw new Refusal("is too easily guessed: production needs random text")
  return text
}

/** A token travels in a header, and what is not letters, digits and signs of ASCII does not arrive there. */
export const bearerText: Parse<string> = (text, mode) => {
  if (/^[\x21-\x7e]+$/.test(text)) return secretText(text, mode)
  throw new Refusal(
    "must have only letters, digits and signs of ASCII, without blanks: no header carries others",
  )
}

/** Whether one of them is another, or a part of another, whatever its capitals are. */
export const alike = (secrets: readonly string[]): boolean =>
  secrets.some((one, at) =>
    secrets.some((other, index) => index !== at && other.toLowerCase().includes(one.toLowerCase())),
  )
