/** The words of the command line of `npm run test:abuse`: names of stores and of floods. */
import { VARIANTS } from "../acceptance/harness.ts"
import { FLOODS } from "./floods/flood-list.ts"

const NAMES: readonly string[] = FLOODS.map(({ name }) => name)
const STORES: readonly string[] = VARIANTS

/**
 * What is to be played: all stores where none is named, and all floods where none is.
 *
 * @throws Error with one sentence for a word that names neither, since otherwise all of it would be played
 */
export function readFloodOptions(words: readonly string[]) {
  const unknown = words.find((word) => !NAMES.includes(word) && !STORES.includes(word))
  if (unknown !== undefined)
    throw new Error(`${unknown} is no store (${STORES.join(", ")}) and no flood (${NAMES.join(", ")}).`)
  const named = <T extends { readonly name: string } | string>(among: readonly T[]): readonly T[] => {
    const some = among.filter((one) => words.includes(typeof one === "string" ? one : one.name))
    return some.length > 0 ? some : among
  }
  return { variants: named(VARIANTS), floods: named(FLOODS) }
}
