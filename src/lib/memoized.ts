/**
 * Names that are built over and over from the same parts. A name that was built before is the same string, so that
 * looking it up in a table costs no second reading of its characters.
 */

/** Of those who write at the moment. There are such tables for each kind and partition, and building a name again is no harm. */
const MAX_NAMES = 512

/** @param make depends on its argument alone */
export function memoized<Made>(make: (name: string) => Made): (name: string) => Made {
  const known = new Map<string, Made>()
  return (name) => {
    const found = known.get(name)
    if (found !== undefined) return found
    const made = make(name)
    if (known.size >= MAX_NAMES) known.clear()
    known.set(name, made)
    return made
  }
}
