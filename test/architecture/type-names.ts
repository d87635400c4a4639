/** One word per thing: a type's name stands for one declaration of the source. */
interface Source {
  readonly path: string
  readonly text: string
}

/** Where one name has several declarations they are of the same thing, for the reason that is given. */
const SAME: Readonly<Record<string, string>> = {
  "what a host sees of the wire's own":
    "Author Channel Content Conversation FoldedPair Message Outcome Profile User",
  "the rules see no store, and name what its contract names": "Address Expiring KnownAnswer Ranked",
}
const THE_SAME = new Set(Object.values(SAME).flatMap((names) => names.split(" ")))

const DECLARED = /^export (?:declare |abstract )*(?:interface|type|class|enum) (\w+)/gm

/** @returns each exported type whose name is that of another */
export function sharedTypeNames(sources: readonly Source[]): string[] {
  const declared = new Map<string, string[]>()
  for (const { path, text } of sources)
    for (const [, name = ""] of text.matchAll(DECLARED))
      declared.set(name, [...(declared.get(name) ?? []), path])
  return [...declared]
    .filter(([name, paths]) => paths.length > 1 && !THE_SAME.has(name))
    .map(([name, paths]) => `${name} is declared in ${paths.join(" and ")}`)
}
