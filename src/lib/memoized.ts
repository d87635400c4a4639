/**
 * Remembers names that are built again and again from the same parts. A remembered name is the very same string, and
 * V8 has its hash already, so looking it up in a table does not read its characters again.
 */

/** Names in one table, enough for the users who write at the moment. A full table is emptied: a name can be built again. */
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
