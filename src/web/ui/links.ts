/** Links in what people write. Only http and https are followed; everything else stays the text it is. */

export interface Piece {
  readonly text: string
  /** Where it leads, if it is a link. */
  readonly href?: string
}

/** The address as a browser understands it, if it is one of the web; `javascript:`, `data:` and the like are not. */
export function webAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const web = url.protocol === "http:" || url.protocol === "https:"
  // An address that names a password wants to look like another one: `https://bank.example@evil.example`.
  return web && url.username === "" && url.password === "" ? url.href : undefined
}

const ADDRESS = /\b(?:https?:\/\/|www\.)[^\s<>"'`\p{Cc}\u202a-\u202e\u2066-\u2069]+/giu
/** At the end of a sentence these are the sentence's. */
const TRAILING = /[.,;:!?…'"»”’*_~\]]+$/u

/** What was written, cut at its links. The pieces joined are the text, unchanged. */
export function linked(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const shown = withoutTail(found)
    const href = webAddress(/^www\./i.test(shown) ? `https://${shown}` : shown)
    if (href === undefined) continue
    if (index > end) pieces.push({ text: text.slice(end, index) })
    pieces.push({ text: shown, href })
    end = index + shown.length
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}

/** A bracket at the end is the link's if it was opened in it. */
function withoutTail(found: string): string {
  let shown = found.replace(TRAILING, "")
  let excess = count(shown, ")") - count(shown, "(")
  for (; excess > 0 && shown.endsWith(")"); excess -= 1) shown = shown.slice(0, -1).replace(TRAILING, "")
  return shown
}

const count = (text: string, sign: string): number => text.split(sign).length - 1

const TURNING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Without the signs that turn words round: `invoice\u202Egnp.exe` would be read as a picture. */
export const plainName = (name: string): string => name.replace(TURNING, "")

/** The last part of an address's path: what a file without a name is called. */
export function fileName(address: string): string {
  const path = URL.canParse(address) ? new URL(address).pathname : ""
  const last = path.split("/").findLast((part) => part !== "") ?? ""
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}
