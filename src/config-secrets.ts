/** How a setting is read, and what is no secret or cannot work as one. */
export type Mode = "development" | "production"

/** Reads a value that is there; throws a `Refusal` that ends the sentence "NAME …". */
export type Parse<T> = (text: string, mode: Mode) => T

export class Refusal extends Error {}

const SHORTEST_SECRET = 16
const FEWEST_CHARACTERS = 6
const PLACEHOLDER = /change[-_ ]?me|replace[-_ ]?me|^(?:default|example|your)[-_ ]/i
/** What is left of a secret without these is what has to be guessed. */
const GUESSED =
  /administrator|admin|password|passwd|secret|session|token|tributary|hub|test|letmein|qwerty|key|0?1234567890?|123456|abcdef|[\s_.!-]/gi

const trivial = (text: string): boolean =>
  new Set(text.toLowerCase()).size < FEWEST_CHARACTERS ||
  /^(.{1,8})\1+$/s.test(text) ||
  text.replace(GUESSED, "").length < FEWEST_CHARACTERS

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
