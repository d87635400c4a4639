/** The rules of the house: each takes what the files say about themselves and answers with complaints, none if it is kept. */
import type { Import, Module } from "./module.ts"

/** A part of the project and what it may see. `any` package: of those that `package.json` may name. */
interface Role {
  readonly sees: readonly string[]
  readonly packages: readonly string[] | "any"
}

const RULES = ["lib", "protocol", "domain"]
const FLOW = [...RULES, "store", "repository", "app"]

/** In the order of the chapters: later folders import earlier ones, never the other way. */
const ROLES: Readonly<Record<string, Role>> = {
  lib: { sees: [], packages: ["node:"] },
  protocol: { sees: ["lib"], packages: ["zod"] },
  domain: { sees: RULES, packages: [] },
  // A store knows bytes, and no word of the hub.
  store: { sees: ["lib"], packages: ["node:", "msgpackr"] },
  "store/lmdb": { sees: ["lib", "store"], packages: ["node:", "lmdb"] },
  "store/redis": { sees: ["lib", "store"], packages: ["node:", "ioredis"] },
  repository: { sees: [...RULES, "store"], packages: ["node:", "msgpackr"] },
  // The flow runs over any store: it sees the contract and no engine.
  app: { sees: [...RULES, "store", "repository"], packages: ["node:"] },
  edge: {
    sees: [...FLOW, "store/redis"],
    packages: ["node:", "socket.io", "@socket.io/redis-adapter", "ioredis", "msgpackr", "jose", "zod"],
  },
  client: { sees: ["lib", "protocol"], packages: ["socket.io-client"] },
  // What both windows are built of; of the protocol it draws the shapes.
  "web/ui": { sees: ["protocol"], packages: ["preact"] },
  web: { sees: ["protocol", "client", "web/ui"], packages: ["preact", "socket.io-client"] },
  "config-secrets": { sees: [], packages: [] },
  // It looks whether an address of Redis can be read.
  config: { sees: ["lib", "store/redis", "config-secrets"], packages: [] },
  hub: { sees: [...FLOW, "edge"], packages: ["node:", "socket.io"] },
  main: { sees: [...FLOW, "store/lmdb", "store/redis", "edge", "hub", "config"], packages: ["node:"] },
  demo: {
    sees: ["lib", "protocol", "store", "store/lmdb", "hub", "client"],
    packages: ["node:", "socket.io-client"],
  },
  loadtest: { sees: ["client", "protocol"], packages: "any" },
}

/** The most exact role of a file: `src/store/lmdb/lock.ts` is `store/lmdb`. */
function roleOf(path: string): string | undefined {
  const folder = path.replace(/^src\//, "").replace(/\.tsx?$/, "")
  const roles = Object.keys(ROLES).filter((role) => folder === role || folder.startsWith(`${role}/`))
  return roles.sort((a, b) => b.length - a.length)[0]
}

const complaints = (modules: readonly Module[], about: (module: Module) => readonly string[]): string[] =>
  modules.flatMap((module) => about(module).map((what) => `${module.path} ${what}`))

/** Who may import what they name at run time, each with the reason. */
const BY_ADDRESS: Readonly<Record<string, string>> = {
  "src/web/widget/loader.ts": "the window's module has a hash in its name and comes from the hub",
}
const COMPUTED = "(computed)"
const named = (path: string, { to }: Import): boolean => to !== COMPUTED || BY_ADDRESS[path] === undefined

export const directions = (modules: readonly Module[]): string[] =>
  complaints(modules, ({ path, imports }) => {
    const name = roleOf(path)
    const role = name === undefined ? undefined : ROLES[name]
    if (!role) return ["has no place in the architecture"]
    const allowed = ({ to, internal }: Import): boolean => {
      const seen = internal ? roleOf(to) : undefined
      if (internal) return seen !== undefined && (seen === name || role.sees.includes(seen))
      return (
        role.packages === "any" ||
        role.packages.some((known) => to === known || (known === "node:" && to.startsWith(known)))
      )
    }
    return imports.filter((found) => named(path, found) && !allowed(found)).map(({ to }) => `imports ${to}`)
  })

/** Files that import one another in a circle, types included: what is known of one cannot be understood without the rest. */
export function circles(modules: readonly Module[]): string[] {
  const known = new Map(
    modules.map(({ path, imports }) => [path, imports.filter(({ internal }) => internal)]),
  )
  const done = new Set<string>()
  const found: string[] = []
  const walk = (path: string, way: readonly string[]): void => {
    const begins = way.indexOf(path)
    if (begins !== -1) found.push([...way.slice(begins), path].join(" → "))
    if (begins !== -1 || done.has(path)) return
    for (const { to } of known.get(path) ?? []) walk(to, [...way, path])
    done.add(path)
  }
  for (const path of known.keys()) walk(path, [])
  return found
}

/** Beyond what a part imports itself: what comes along at run time. */
const CARRIES: Readonly<Record<string, readonly string[]>> = {
  protocol: ["zod"],
  domain: ["zod"],
  // Browsers have no `node:`.
  client: ["zod", "socket.io-client"],
  web: ["preact", "socket.io-client"],
}

export function carried(modules: readonly Module[]): string[] {
  const known = new Map(modules.map((module) => [module.path, module]))
  return complaints(modules, ({ path }) => {
    const packages = CARRIES[roleOf(path)?.split("/")[0] ?? ""]
    if (!packages) return []
    const seen = new Set([path])
    const strangers: string[] = []
    for (const at of seen) {
      for (const found of known.get(at)?.imports ?? []) {
        const { to, internal, typeOnly } = found
        if (typeOnly || !named(at, found)) continue
        if (internal) seen.add(to)
        else if (!packages.includes(to)) strangers.push(`carries ${to} along, by ${at}`)
      }
    }
    return strangers
  })
}

const WORLD = [
  ...["Date.now", "new Date()", "Math.random", "performance", "crypto", "fetch", "console", "process"],
  ...["setTimeout", "setInterval", "setImmediate", "queueMicrotask"],
]

export const purity = (modules: readonly Module[]): string[] =>
  complaints(
    modules.filter(({ path }) => /^src\/(protocol|domain)\//.test(path)),
    ({ touches }) => WORLD.filter((name) => touches.has(name)).map((name) => `touches ${name}`),
  )

/** Each with the reason why it may. */
const PROCESSES: Readonly<Record<string, string>> = {
  "src/main.ts": "it is the process",
  "src/demo/run-demo.ts": "it is a process of its own: it prints, and ends with a code",
}

export const processes = (modules: readonly Module[]): string[] =>
  complaints(
    modules.filter(({ path }) => path.startsWith("src/") && PROCESSES[path] === undefined),
    ({ touches, imports }) => [
      ...(touches.has("process") || imports.some(({ to }) => to === "node:process")
        ? ["touches process"]
        : []),
    ],
  )

export const environment = (modules: readonly Module[]): string[] =>
  complaints(
    modules.filter(({ path }) => path.startsWith("src/") && path !== "src/main.ts"),
    ({ touches, imports }) => [
      ...(touches.has("process.env") ? ["reads the environment"] : []),
      ...(imports.some(({ to, typeOnly }) => to === "src/config.ts" && !typeOnly)
        ? ["reads the settings by itself"]
        : []),
    ],
  )

/** Who may call a commit, each with the reason. The use cases of `app/` decide; `transact` does it for them. */
const COMMITTERS: Readonly<Record<string, string>> = {
  "src/repository/partition.ts": "it hands the store what was decided",
  "src/repository/transact.ts": "it is the loop that every decision goes through",
  "src/app/shared-secrets.ts": "it renews a record of the hub's own, which no app has",
  "src/app/readiness-probe.ts": "it commits to a partition of the hub's own, which no app has",
}
const TRANSACT = "src/repository/transact.ts"

/** Nothing outside `app/` changes what is stored, and there it goes through the one bounded loop. */
export const commits = (modules: readonly Module[]): string[] =>
  complaints(
    modules.filter(({ path }) => path.startsWith("src/") && !path.startsWith("src/store/")),
    ({ path, text, imports }) => [
      ...(/\.commit\(/.test(text) && COMMITTERS[path] === undefined ? ["commits by itself"] : []),
      ...(!path.startsWith("src/app/") && imports.some(({ to, typeOnly }) => to === TRANSACT && !typeOnly)
        ? ["decides what is stored"]
        : []),
    ],
  )

const LONGEST = 300

export const sizes = (files: readonly { readonly path: string; readonly text: string }[]): string[] =>
  files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split("\n").length
    return lines > LONGEST ? [`${path} has ${lines} lines`] : []
  })

const NAMELESS = /\/(utils?|helpers?|common|types|misc|index)(\.tsx?|\/)/
// In two parts, so that this file does not complain about itself.
const EXCUSES = new RegExp(
  ["\\bTO", "DO\\b|\\bFIX", "ME\\b|@ts-(?:ign", "ore|nocheck|expect-error)"].join(""),
  "g",
)

export const habits = (modules: readonly Module[]): string[] =>
  complaints(modules, ({ path, text, touches, barrel, muted }) => [
    ...(touches.has("any") ? ["says any"] : []),
    ...(text.match(EXCUSES) ?? []).map((excuse) => `says ${excuse}`),
    ...(barrel ? ["is a barrel"] : []),
    ...(NAMELESS.test(path) ? ["has a name that says nothing"] : []),
    ...muted.map((word) => `mutes tests: ${word}`),
  ])

const idsIn = (text: string): string[] => [...text.matchAll(/\[([PS]\d+)\]/g)].map(([, id = ""]) => id)

/** A rule that a line claims to obey is proved by a test whose name says so; and no test proves an unknown one. */
export function proofs(
  sources: readonly string[],
  titles: readonly string[],
  promises: readonly string[],
): string[] {
  const claimed = new Set([...promises, ...sources.flatMap(idsIn)])
  const proved = new Set(titles.flatMap(idsIn))
  const missing = [...claimed].filter((id) => !proved.has(id)).map((id) => `[${id}] is in no test's name`)
  const unknown = [...proved].filter((id) => !claimed.has(id)).map((id) => `[${id}] is no rule`)
  return [...missing, ...unknown].sort()
}

export interface Package {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

export const PACKAGES = {
  dependencies: "@socket.io/redis-adapter ioredis jose lmdb msgpackr socket.io socket.io-client zod",
  devDependencies:
    "@biomejs/biome @types/node axe-core fast-check knip playwright-core preact terser tsx typescript vite vitest",
} as const

export function packages(found: Package): string[] {
  const kinds = ["dependencies", "devDependencies"] as const
  return kinds.flatMap((kind) => {
    const allowed = PACKAGES[kind].split(" ")
    const names = Object.keys(found[kind])
    return [
      ...names.filter((name) => !allowed.includes(name)).map((name) => `${name} is not among the ${kind}`),
      ...allowed.filter((name) => !names.includes(name)).map((name) => `${name} is missing in ${kind}`),
      ...Object.entries(found[kind])
        .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
        .map(([name, version]) => `${name} is not pinned: ${version}`),
    ]
  })
}

/** The lock file names versions and digests; where they are fetched from is the registry setting of the machine that installs. */
export const addresses = (lock: string): string[] =>
  [...lock.matchAll(/"resolved": "([^"]*)"|"((?:git\+|https?:)[^"]*\.(?:tgz|git)[^"]*)"/g)].map(
    ([, resolved, address]) => `the lock file names ${resolved ?? address}`,
  )

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** A lock file that `npm ci` takes, on any platform: it is of this `package.json`, and lacks no optional package. */
export function locked(
  found: Package,
  lock: { readonly packages: Readonly<Record<string, Locked & Partial<Package>>> },
): string[] {
  const { "": root = {}, ...packages } = lock.packages
  const kinds = ["dependencies", "devDependencies"] as const
  const stale = kinds.filter(
    (kind) =>
      JSON.stringify(Object.entries(root[kind] ?? {}).sort()) !==
      JSON.stringify(Object.entries(found[kind]).sort()),
  )
  const optional = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies),
  )
  const known = new Set(
    Object.keys(packages).map((path) => path.slice(path.lastIndexOf("node_modules/") + 13)),
  )
  return [
    ...stale.map((kind) => `the lock file has other ${kind}: run npm install`),
    ...[...new Set(optional)]
      .filter((name) => !known.has(name))
      .map((name) => `the lock file lacks ${name}: write it anew with npm 11`),
  ]
}
