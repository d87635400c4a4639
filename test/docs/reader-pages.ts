/** The pages that a reader is given, and the tables in them between their markers. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export interface Page {
  /** From the project's root. */
  readonly path: string
  readonly text: string
}

export const ROOT = new URL("../../", import.meta.url)
export const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8")
export const exists = (path: string): boolean => existsSync(new URL(path, ROOT))

/** Every page at the root and in `docs/`. */
export function pages(): readonly Page[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(fileURLToPath(new URL(folder, ROOT)))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}${name}`)
  return [...inFolder(""), ...inFolder("docs/")].sort().map((path) => ({ path, text: read(path) }))
}

const MARKED = /(<!-- table: ([\w-]+) -->\n)(.*?)(<!-- end -->)/gs

/** The tables of a page by name, as they are written there. */
export const tablesIn = ({ text }: Page): readonly (readonly [name: string, written: string])[] =>
  [...text.matchAll(MARKED)].map(([, , name = "", written = ""]) => [name, written.trim()])

/** @param tables what shall stand between the markers, by name; an unknown name is left alone */
export const withTables = (text: string, tables: Readonly<Record<string, () => string>>): string =>
  text.replaceAll(MARKED, (whole, begin: string, name: string, _: string, end: string) => {
    const made = tables[name]
    return made ? `${begin}\n${made()}\n\n${end}` : whole
  })

/** A heading as a link names it. */
export const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-")

/** Code between fences holds no headings and no links. */
export const withoutCode = (text: string): string => text.replaceAll(/^```.*?^```$/gms, "")

export const headingsIn = ({ text }: Page): string[] =>
  [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title)
