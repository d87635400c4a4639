/**
 * Finding users by name or email (docs/protocol.md 6, `user:search`). Each term is a member of one ranking in which all
 * scores are equal, so that it is ordered by text and a prefix is one stretch of it: a search reads what it shows,
 * however many users there are. Unverified emails are no terms: a visitor may have typed any address.
 */
import type { UserId } from "../protocol/branded.ts"
import type { RankingChange } from "./change-set.ts"
import type { UserRecord } from "./records.ts"

/** Words of a name that are indexed: it is found by the beginning of each. */
const MAX_WORDS = 6
const MAX_CHARACTERS = 64
/** Separates a term from its user in a member; no term contains it. */
const END = "\u0000"
/** The largest code point: after every continuation of a prefix. */
const LAST = "\u{10ffff}"

/** Letters that no normal form takes apart, as they are written where a keyboard lacks them. */
const SPELLED: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
}

/** Text as it is compared: lower case, without accents, with single spaces, at most 64 characters. */
export function normalized(text: string): string {
  const bare = text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[ßæœøłđðþı]/g, (letter) => SPELLED[letter] ?? letter)
  const spaced = bare.replaceAll(END, " ").replaceAll(/\s+/gu, " ").trim()
  return [...spaced].slice(0, MAX_CHARACTERS).join("")
}

/** The terms by which a user is found; none once they are merged into another. */
export function searchTerms(user: UserRecord | undefined): ReadonlySet<string> {
  if (!user || user.mergeState?.kind === "merged") return new Set()
  const { name, email, emailVerified } = user.profile
  const words = normalized(name ?? "")
    .split(" ")
    .slice(0, MAX_WORDS)
  const terms = [
    ...words.map((_, index) => words.slice(index).join(" ")),
    ...(user.externalId === undefined ? [] : [normalized(user.externalId)]),
    ...(email !== undefined && emailVerified ? [normalized(email)] : []),
  ]
  return new Set(terms.filter((term) => term !== ""))
}

/** What a change of a user's record changes in the ranking. */
export function searchChanges(
  before: UserRecord | undefined,
  after: UserRecord | undefined,
  userId: UserId,
): RankingChange[] {
  const [old, fresh] = [searchTerms(before), searchTerms(after)]
  const change = (term: string, score: 0 | "out"): RankingChange => ({
    of: "search",
    name: "",
    member: `${term}${END}${userId}`,
    score,
  })
  return [
    ...[...old].filter((term) => !fresh.has(term)).map((term) => change(term, "out")),
    ...[...fresh].filter((term) => !old.has(term)).map((term) => change(term, 0)),
  ]
}

/** The point just after everything that begins with a prefix: the search reads backwards from there. */
export const searchFrom = (prefix: string) => ({ member: `${prefix}${LAST}`, score: 0 })

/** The user of a member that begins with the prefix; `undefined`: no further member does. */
export function foundIn(member: string, prefix: string): UserId | undefined {
  return member.startsWith(prefix) ? member.slice(member.lastIndexOf(END) + 1) : undefined
}
