/** Every name that a file declares: its own, and those of types, functions, members, parameters and locals. */
import { parseAst } from "vitest/node"

interface Tree {
  readonly type: string
  readonly [field: string]: unknown
}

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

const treesIn = (value: unknown): Tree[] => (Array.isArray(value) ? value : [value]).filter(isTree)

/** Fields that hold what a node of this kind declares. */
const DECLARES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^VariableDeclarator$/, ["id"]],
  [
    /^(?:Function|ArrowFunction|TSDeclareFunction|TSEmptyBody|TSFunctionType|TSMethodSignature)/,
    ["id", "params"],
  ],
  [/^Class/, ["id"]],
  [/^TS(?:Interface|TypeAlias)Declaration$/, ["id"]],
  [/^(?:PropertyDefinition|MethodDefinition|TSPropertySignature|TSMethodSignature)$/, ["key"]],
  [/^CatchClause$/, ["param"]],
  [/^ImportSpecifier$/, ["local"]],
]

/** What a pattern or a name binds: `{ a, b: c = 1, ...d }` binds a, c and d. */
function namesOf(pattern: Tree): string[] {
  switch (pattern.type) {
    case "Identifier":
    case "PrivateIdentifier":
      return typeof pattern.name === "string" ? [pattern.name] : []
    case "ObjectPattern":
      return treesIn(pattern.properties).flatMap(namesOf)
    case "Property":
      return treesIn(pattern.value).flatMap(namesOf)
    case "ArrayPattern":
      return treesIn(pattern.elements).flatMap(namesOf)
    case "AssignmentPattern":
      return treesIn(pattern.left).flatMap(namesOf)
    case "RestElement":
      return treesIn(pattern.argument).flatMap(namesOf)
    default:
      return []
  }
}

export function declaredIn(path: string, text: string): Set<string> {
  const base = path.slice(path.lastIndexOf("/") + 1).replace(/\..*$/, "")
  const found = new Set([base])
  const visit = (node: Tree): void => {
    for (const [kind, fields] of DECLARES) {
      if (!kind.test(node.type) || node.computed === true) continue
      for (const name of fields.flatMap((field) => treesIn(node[field])).flatMap(namesOf)) found.add(name)
    }
    for (const [field, value] of Object.entries(node))
      if (field !== "parent") for (const child of treesIn(value)) visit(child)
  }
  const program: unknown = parseAst(text, { lang: path.endsWith("x") ? "tsx" : "ts" })
  if (!isTree(program)) throw new Error(`${path} has no syntax tree`)
  visit(program)
  return found
}
