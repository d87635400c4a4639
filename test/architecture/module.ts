/** What a source file says about itself, read from its syntax tree: whom it imports, what it touches, what it tests. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, posix, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parseAst } from "vitest/node"

export interface Import {
  /** A file of the project, from its root (`src/lib/ids.ts`), or the name of a package (`node:fs`, `jose`). */
  readonly to: string
  readonly internal: boolean
  /** Gone at run time. */
  readonly typeOnly: boolean
}

export interface Module {
  /** From the project's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  /** Names that are read (`process`), members of them (`Date.now`), `new Date()` without a date, and `any`. */
  readonly touches: ReadonlySet<string>
  /** It only hands on what others export. */
  readonly barrel: boolean
  /** Names of tests and of groups of tests. */
  readonly titles: readonly string[]
  /** `it.only`, `describe.skip` … */
  readonly muted: readonly string[]
}

interface Tree {
  readonly type: string
  readonly [field: string]: unknown
}

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

/** Every source file below these folders. */
export function modulesIn(root: URL, folders: readonly string[]): Module[] {
  return filesIn(root, folders)
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => moduleOf(path, readFileSync(new URL(path, root), "utf8")))
}

export function filesIn(root: URL, folders: readonly string[]): string[] {
  const there = folders.filter((folder) => existsSync(new URL(`${folder}/`, root)))
  return there.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, root), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        relative(fileURLToPath(root), join(entry.parentPath, entry.name)).replaceAll("\\", "/"),
      ),
  )
}

export function moduleOf(path: string, text: string): Module {
  const imports: Import[] = []
  const touches = new Set<string>()
  const titles: string[] = []
  const muted = new Set<string>()

  const visit = (node: Tree, parent: Tree | undefined, field: string): void => {
    const to = sourceOf(node)
    if (to !== undefined) imports.push({ ...resolved(path, to), typeOnly: isTypeOnly(node) })
    for (const touched of touchedBy(node, parent, field)) touches.add(touched)
    const { title, mute } = testOf(node)
    if (title !== undefined) titles.push(title)
    if (mute !== undefined) muted.add(mute)
    for (const [name, value] of Object.entries(node)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isTree(child)) visit(child, node, name)
    }
  }

  const program: unknown = parseAst(text, { lang: path.endsWith("x") ? "tsx" : "ts" })
  if (!isTree(program)) throw new Error(`${path} has no syntax tree`)
  visit(program, undefined, "")
  const body = Array.isArray(program.body) ? program.body.filter(isTree) : []
  return { path, text, imports, touches, titles, muted: [...muted], barrel: isBarrel(body) }
}

const literal = (value: unknown): string | undefined =>
  isTree(value) && value.type === "Literal" && typeof value.value === "string" ? value.value : undefined

const IMPORTING = /^(Import|ExportNamed|ExportAll)Declaration$|^ImportExpression$|^TSImportType$/

function sourceOf(node: Tree): string | undefined {
  if (!IMPORTING.test(node.type) || !isTree(node.source)) return undefined
  return literal(node.source) ?? "(computed)"
}

function isTypeOnly(node: Tree): boolean {
  if (node.type === "TSImportType" || node.importKind === "type" || node.exportKind === "type") return true
  const names = Array.isArray(node.specifiers) ? node.specifiers.filter(isTree) : []
  const ofType = (name: Tree): boolean => name.importKind === "type" || name.exportKind === "type"
  return names.length > 0 && names.every(ofType)
}

function resolved(path: string, to: string): Pick<Import, "to" | "internal"> {
  if (to.startsWith(".")) return { to: posix.join(posix.dirname(path), to), internal: true }
  if (to.startsWith("node:")) return { to, internal: false }
  return { to: to.split("/", to.startsWith("@") ? 2 : 1).join("/"), internal: false }
}

const nameOf = (node: unknown): string | undefined =>
  isTree(node) && node.type === "Identifier" && typeof node.name === "string" ? node.name : undefined

/** An identifier in these places is only a name, not a use. */
const isName = (parent: Tree | undefined, field: string): boolean =>
  (field === "property" || field === "key") && parent?.computed !== true && parent?.shorthand !== true

function touchedBy(node: Tree, parent: Tree | undefined, field: string): string[] {
  if (node.type === "TSAnyKeyword") return ["any"]
  const name = nameOf(node)
  if (name !== undefined) return isName(parent, field) ? [] : [name]
  if (node.type === "MemberExpression") {
    const [object, member] = [nameOf(node.object), nameOf(node.property) ?? literal(node.property)]
    if (object === undefined || member === undefined) return []
    return object === "globalThis" ? [member] : [`${object}.${member}`]
  }
  const made =
    node.type === "NewExpression" || node.type === "CallExpression" ? nameOf(node.callee) : undefined
  const undated =
    node.type === "CallExpression" || (Array.isArray(node.arguments) && node.arguments.length === 0)
  return made === "Date" && undated ? ["new Date()"] : []
}

function isBarrel(body: readonly Tree[]): boolean {
  if (body.some(({ type }) => type === "ExportAllDeclaration")) return true
  const handsOn = ({ type, source, declaration }: Tree): boolean =>
    type === "ImportDeclaration" || (type === "ExportNamedDeclaration" && (isTree(source) || !declaration))
  return body.length > 0 && body.every(handsOn) && body.some(({ type }) => type !== "ImportDeclaration")
}

const TEST = /^(it|test|describe|suite)$/
const MUTE = /^(skip|only|todo|skipIf|runIf|fails)$/
const MUTED = /^(xit|xtest|xdescribe|fit|fdescribe)$/

/** `test.each(table)("title", …)` → the words `test` and `each`. */
function wordsOf(callee: unknown): string[] {
  if (!isTree(callee)) return []
  if (callee.type === "CallExpression") return wordsOf(callee.callee)
  if (callee.type === "TaggedTemplateExpression") return wordsOf(callee.tag)
  if (callee.type === "MemberExpression") return [...wordsOf(callee.object), nameOf(callee.property) ?? ""]
  return [nameOf(callee) ?? ""]
}

function testOf(node: Tree): { title?: string; mute?: string } {
  if (node.type !== "CallExpression" || !Array.isArray(node.arguments)) return {}
  const [first = "", ...rest] = wordsOf(node.callee)
  if (MUTED.test(first)) return { mute: first }
  // `context.skip()` or, taken out of the context, `skip()`: muted from inside.
  if (!TEST.test(first)) return [first, ...rest].at(-1) === "skip" ? { mute: "skip" } : {}
  const word = rest.find((name) => MUTE.test(name)) ?? node.arguments.flatMap(mutingOption).at(0)
  const title = titleOf(node.arguments[0])
  return {
    ...(title !== undefined && { title }),
    ...(word !== undefined && { mute: `${first}.${word}` }),
  }
}

function titleOf(node: unknown): string | undefined {
  if (!isTree(node) || node.type !== "TemplateLiteral" || !Array.isArray(node.quasis)) return literal(node)
  const texts = node.quasis.filter(isTree).map(({ value }) => {
    const cooked = typeof value === "object" && value !== null && "cooked" in value ? value.cooked : ""
    return String(cooked)
  })
  return texts.join("…")
}

/** `test("…", { only: true }, …)` */
function mutingOption(option: unknown): string[] {
  if (!isTree(option) || option.type !== "ObjectExpression" || !Array.isArray(option.properties)) return []
  return option.properties
    .filter(isTree)
    .map(({ key }) => nameOf(key) ?? "")
    .filter((name) => MUTE.test(name))
}
