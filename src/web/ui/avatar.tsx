/** A person without a picture: the beginning of their name on a colour that is always theirs. */
import type { JSX } from "preact"
import { Drawing } from "./drawing.tsx"
import { USER } from "./icon-paths.ts"

const HUES = 12

function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word))
  const picked = words.length > 1 ? [words[0], words.at(-1)] : words
  return picked.map((word) => [...(word ?? "")][0]?.toLocaleUpperCase() ?? "").join("")
}

/** Always the same for the same text, spread over the circle. */
function hueOf(text: string): number {
  let sum = 7
  for (const sign of text) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) % 9973
  return (sum % HUES) * (360 / HUES)
}

export function Avatar({
  name,
  seed,
  size = 32,
}: {
  readonly name?: string | undefined
  /** The text that the colour is made of; the name if absent. */
  readonly seed?: string | undefined
  readonly size?: number
}): JSX.Element {
  const letters = name === undefined ? "" : initials(name)
  const hue = hueOf(seed ?? name ?? "")
  const style = {
    width: `${size}px`,
    height: `${size}px`,
    fontSize: `${Math.round(size * 0.4)}px`,
    // Dark enough under white letters in every hue.
    "--avatar-back": `oklch(0.46 0.09 ${hue})`,
    "--avatar-front": "#fff",
  }
  return (
    <span class="avatar" style={style} aria-hidden="true">
      {letters || <Drawing path={USER} size={Math.round(size * 0.6)} />}
    </span>
  )
}
