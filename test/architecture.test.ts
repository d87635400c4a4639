/** The architecture of docs/architecture.md 7 and the habits of the house, kept by the machine. */
import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { alikeNames, sameNames } from "./architecture/file-names.ts"
import { filesIn, type Module, moduleOf, modulesIn } from "./architecture/module.ts"
import * as rules from "./architecture/rules.ts"

const ROOT = new URL("../", import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8")
const modules = modulesIn(ROOT, ["src", "test", "loadtest"])
const ours = modules.filter(({ path }) => !path.startsWith("test/"))
/** By hand, and not by a machine or by others, as test/data is. */
const WRITTEN = /\.(?:tsx?|mjs|css|lua)$/
const PROMISES = ["P1", "P2", "P3", "P4", "P5", "P6"]

describe("the project", () => {
  test("imports go one way, and each part has its packages", () => {
    expect(rules.directions(ours)).toEqual([])
  })

  test("no file imports itself by way of others, not even a type", () => {
    expect(rules.circles(ours)).toEqual([])
  })

  test("a file's name tells it from every other", () => {
    expect(sameNames(modules)).toEqual([])
    expect(
      alikeNames(filesIn(ROOT, ["src", "loadtest"]).filter((path) => /\.(?:tsx?|lua)$/.test(path))),
    ).toEqual([])
  })

  test("protocol, domain and client carry nothing along that is not theirs", () => {
    expect(rules.carried(ours)).toEqual([])
  })

  test("protocol and domain are pure: no clock, no chance, no timer, no process", () => {
    expect(rules.purity(modules)).toEqual([])
  })

  test("only main.ts touches the process", () => {
    expect(rules.processes(modules)).toEqual([])
  })

  test("only main.ts hands out the environment, and only config.ts understands it", () => {
    expect(rules.environment(modules)).toEqual([])
  })

  test("only app/ changes what is stored, through the one loop", () => {
    expect(rules.commits(modules)).toEqual([])
  })

  test("no file is longer than 300 lines", () => {
    const written = filesIn(ROOT, ["src", "test", "loadtest", "scripts"]).filter((path) => WRITTEN.test(path))
    expect(written.filter((path) => path.endsWith(".css")).length).toBeGreaterThan(10)
    expect(rules.sizes(written.map((path) => ({ path, text: read(path) })))).toEqual([])
  })

  test("no any, no silenced compiler, no promise to do it later, no barrel, no muted test", () => {
    expect(rules.habits(modules)).toEqual([])
  })

  test("every promise and every rule that a line obeys is in the name of a test", () => {
    const sources = filesIn(ROOT, ["src"]).map(read)
    const titles = modules.filter(({ path }) => path.startsWith("test/")).flatMap((module) => module.titles)
    expect(rules.proofs(sources, titles, PROMISES)).toEqual([])
  })

  test("the packages are the agreed ones, each pinned", () => {
    // The boundary: npm itself refuses a package.json of another shape.
    expect(rules.packages(JSON.parse(read("package.json")) as rules.Package)).toEqual([])
  })

  test("the lock file is one that npm ci takes", () => {
    expect(rules.locked(JSON.parse(read("package.json")), JSON.parse(read("package-lock.json")))).toEqual([])
  })

  test("the lock file names no address to download from", () => {
    expect(rules.addresses(read("package-lock.json"))).toEqual([])
  })
})

/** A rule that never complains proves nothing: each is shown what it is there for. */
describe("the rules themselves", () => {
  const at = (path: string, text: string): Module => moduleOf(path, text)
  const one = (path: string, text: string): readonly Module[] => [at(path, text)]

  test("see that files were read at all", () => {
    const paths = modules.map(({ path }) => path)
    expect(paths).toContain("src/store/lmdb/lmdb.ts")
    expect(paths).toContain("test/architecture/rules.ts")
    expect(filesIn(ROOT, ["src"])).toContain("src/store/redis/commit.lua")
    const hub = modules.find(({ path }) => path === "src/hub/core.ts")
    expect(hub?.imports).toContainEqual({ to: "socket.io", internal: false, typeOnly: false })
    expect(hub?.imports).toContainEqual({ to: "src/store/contract.ts", internal: true, typeOnly: true })
  })

  test.each([
    ["src/lib/a.ts", 'import { x } from "../protocol/errors.ts"'],
    ["src/protocol/a.ts", 'import type { X } from "../domain/merge.ts"'],
    ["src/domain/a.ts", 'export { x } from "../store/contract.ts"'],
    ["src/store/a.ts", 'type A = import("../app/app.ts").App'],
    ["src/store/lmdb/a.ts", 'import { x } from "../redis/keys.ts"'],
    ["src/app/a.ts", 'import { x } from "../store/lmdb/lmdb.ts"'],
    ["src/app/a.ts", 'const x = await import("../edge/gate.ts")'],
    ["src/edge/a.ts", 'import { x } from "../hub.ts"'],
    ["src/hub.ts", 'import { x } from "./main.ts"'],
    ["src/client/a.ts", 'import { x } from "../domain/merge.ts"'],
    ["src/client/a.ts", 'import { x } from "../edge/gate.ts"'],
    ["src/web/a.ts", 'import { x } from "../app/app.ts"'],
    ["loadtest/a.ts", 'import { x } from "../src/store/contract.ts"'],
    ["src/domain/a.ts", 'import { x } from "node:crypto"'],
    ["src/domain/a.ts", 'import { z } from "zod"'],
    ["src/protocol/a.ts", 'import { x } from "jose"'],
    ["src/app/a.ts", 'import { Server } from "socket.io"'],
    ["src/app/a.ts", "const x = await import(name)"],
    ["src/client/a.ts", 'import { x } from "node:fs"'],
    ["src/client/a.ts", 'import { x } from "socket.io"'],
    ["src/elsewhere/a.ts", "export const x = 1"],
  ])("directions: %s must not say %s", (path, text) => {
    expect(rules.directions(one(path, text))).toHaveLength(1)
  })

  test("directions: what is allowed is allowed", () => {
    const text =
      'import { x } from "../contract.ts"\nimport { y } from "../../lib/ids.ts"\nimport "node:fs/promises"'
    expect(rules.directions(one("src/store/lmdb/a.ts", text))).toEqual([])
  })

  test("circles: of two and of three, also of types", () => {
    const a = at("src/lib/a.ts", 'import type { B } from "./b.ts"')
    const b = at("src/lib/b.ts", 'import { c } from "./c.ts"')
    expect(rules.circles([a, b, at("src/lib/c.ts", 'import { a } from "./a.ts"')])).toEqual([
      "src/lib/a.ts → src/lib/b.ts → src/lib/c.ts → src/lib/a.ts",
    ])
    expect(rules.circles([a, b, at("src/lib/c.ts", "export const c = 1")])).toEqual([])
  })

  test("names: two files of one name, wherever they are", () => {
    const twice = [at("src/app/a.ts", "f()"), at("src/web/a.tsx", "f()"), at("loadtest/b.ts", "f()")]
    expect(sameNames(twice)).toEqual(["src/app/a.ts and src/web/a.tsx"])
    expect(sameNames([at("src/a.ts", "f()"), at("test/a.ts", "f()")])).toHaveLength(1)
    expect(sameNames([at("test/edge/a.test.ts", "f()"), at("test/app/a.test.ts", "f()")])).toHaveLength(1)
    expect(sameNames([at("src/a.ts", "f()"), at("test/a.test.ts", "f()")])).toEqual([])
    expect(sameNames([at("src/web/de.ts", "f()"), at("src/web/ui/de.ts", "f()")])).toEqual([])
  })

  test("names: two files that differ by an ending", () => {
    const paths = ["src/app/badges.ts", "src/domain/badge.ts", "src/store/commit.lua", "src/store/commits.ts"]
    expect(alikeNames(paths)).toEqual([
      "src/app/badges.ts and src/domain/badge.ts",
      "src/store/commit.lua and src/store/commits.ts",
    ])
    expect(alikeNames(["src/token-expiry.ts", "src/token-expiring.ts"])).toHaveLength(1)
    expect(alikeNames(["src/fold.ts", "loadtest/folds.ts", "src/agent-fold.ts"])).toEqual([])
  })

  test("carried: over two steps, but not by a type", () => {
    const ids = at("src/lib/ids.ts", 'import { randomBytes } from "node:crypto"')
    const step = at("src/lib/step.ts", 'import { x } from "./ids.ts"')
    const carries = (text: string) => rules.carried([at("src/client/a.ts", text), step, ids])
    expect(carries('import { x } from "../lib/step.ts"')).toEqual([
      "src/client/a.ts carries node:crypto along, by src/lib/ids.ts",
    ])
    expect(carries('import type { X } from "../lib/step.ts"')).toEqual([])
    expect(carries('import { type X, type Y } from "../lib/step.ts"')).toEqual([])
  })

  test.each([
    "const t = Date.now()",
    "const t = Date['now']",
    "const t = new Date()",
    "const t = Date()",
    "const r = Math.random()",
    "setTimeout(f, 1)",
    "globalThis.setTimeout(f, 1)",
    "const p = process.pid",
    "const later = setInterval",
    "const id = crypto.randomUUID()",
  ])("purity: %s", (text) => {
    expect(rules.purity(one("src/domain/a.ts", text)).length).toBeGreaterThan(0)
    expect(rules.purity(one("src/protocol/a.ts", text)).length).toBeGreaterThan(0)
    expect(rules.purity(one("src/edge/a.ts", text))).toEqual([])
  })

  test("purity: a date that was given, a field and a comment are no sin", () => {
    const text = "// Date.now() is the caller's\nconst a = new Date(now)\nconst b = { process: 1 }.process"
    expect(rules.purity(one("src/domain/a.ts", text))).toEqual([])
  })

  test.each(["process.exit(1)", 'import { env } from "node:process"', "const { env } = globalThis.process"])(
    "processes: %s",
    (text) => {
      expect(rules.processes(one("src/lib/a.ts", text))).toHaveLength(1)
      expect(rules.processes(one("src/main.ts", text))).toEqual([])
    },
  )

  test("environment: reading it, or the settings, elsewhere than in main.ts", () => {
    expect(rules.environment(one("src/demo/run-demo.ts", "const { PORT } = process.env"))).toHaveLength(1)
    const settings = 'import { readConfig } from "../config.ts"'
    expect(rules.environment(one("src/edge/a.ts", settings))).toHaveLength(1)
  })

  test.each([
    ["src/app/a.ts", "await partition.commit(changeSet)"],
    ["src/edge/a.ts", "await app.partition(0).commit({ append })"],
    ["src/edge/a.ts", 'import { transact } from "../repository/transact.ts"'],
  ])("commits: %s must not say %s", (path, text) => {
    expect(rules.commits(one(path, text))).toHaveLength(1)
  })

  test("commits: the use cases decide, the store is the store", () => {
    expect(
      rules.commits(one("src/app/a.ts", 'import { transact } from "../repository/transact.ts"')),
    ).toEqual([])
    expect(rules.commits(one("src/store/lmdb/a.ts", "store.commit(partition, change)"))).toEqual([])
  })

  test("sizes: 300 lines are enough", () => {
    expect(rules.sizes(one("src/lib/a.ts", "f()\n".repeat(300)))).toEqual([])
    expect(rules.sizes(one("src/lib/a.ts", "f()\n".repeat(301)))).toEqual(["src/lib/a.ts has 301 lines"])
  })

  test.each([
    ["src/lib/a.ts", "const a: any = 1"],
    ["src/lib/a.ts", "const a = b as unknown as any[]"],
    ["src/lib/a.ts", `// @ts-${"ignore"}\nf()`],
    ["src/lib/a.ts", `// @ts-${"expect-error"}: it is so\nf()`],
    ["src/lib/a.ts", `// TO${"DO"}: later\nf()`],
    ["src/lib/a.ts", 'export * from "./b.ts"\nf()'],
    ["src/lib/a.ts", 'export { b } from "./b.ts"\nexport type { C } from "./c.ts"'],
    ["src/lib/a.ts", 'import { b } from "./b.ts"\nexport { b }'],
    ["src/lib/utils.ts", "f()"],
    ["src/lib/index.ts", "f()"],
    ["test/a.test.ts", 'it.only("x", f)'],
    ["test/a.test.ts", 'test.skip("x", f)'],
    ["test/a.test.ts", 'describe.skipIf(slow)("x", f)'],
    ["test/a.test.ts", 'test.only.each(table)("x", f)'],
    ["test/a.test.ts", 'it.todo("x")'],
    ["test/a.test.ts", 'test("x", { only: true }, f)'],
    ["test/a.test.ts", 'test("x", (context) => context.skip())'],
    ["test/a.test.ts", 'test("x", ({ skip }) => skip("why"))'],
    ["test/a.test.ts", 'xit("x", f)'],
  ])("habits: %s must not say %s", (path, text) => {
    expect(rules.habits(one(path, text))).toHaveLength(1)
  })

  test("habits: words in texts and comments are only words", () => {
    const text = '// any of them\nconst a = "it.only(any)"\nexport { a }\nexport type { B } from "./b.ts"'
    expect(rules.habits(one("src/lib/a.ts", text))).toEqual([])
  })

  test("proofs: what is claimed must be proved, and what is proved must be claimed", () => {
    const text = `test.each(x)("[S1] holds", f); it(\`[P1] \${a}\`, f); f("[S2] no")`
    const { titles } = at("test/a.test.ts", text)
    expect(titles).toEqual(["[S1] holds", "[P1] …"])
    expect(rules.proofs(["// [S1]", "-- [S2]"], [...titles, "[S9] what?"], ["P1", "P2"])).toEqual([
      "[P2] is in no test's name",
      "[S2] is in no test's name",
      "[S9] is no rule",
    ])
  })

  test("packages: a stranger, a loss and a range", () => {
    const all = Object.fromEntries(rules.PACKAGES.dependencies.split(" ").map((name) => [name, "1.0.0"]))
    const dev = Object.fromEntries(rules.PACKAGES.devDependencies.split(" ").map((name) => [name, "1.0.0"]))
    expect(rules.packages({ dependencies: all, devDependencies: dev })).toEqual([])
    const { zod: _, ...rest } = all
    const found = { dependencies: { ...rest, jose: "^6.0.0", lodash: "4.0.0" }, devDependencies: dev }
    expect(rules.packages(found)).toEqual([
      "lodash is not among the dependencies",
      "zod is missing in dependencies",
      "jose is not pinned: ^6.0.0",
    ])
  })

  test("locked: another version, and a platform's package left out", () => {
    const found = { dependencies: { a: "1.0.0" }, devDependencies: {} }
    const entry = { optionalDependencies: { "@a/linux": "1.0.0" } }
    const lock = { packages: { "": found, "node_modules/a": entry, "node_modules/@a/linux": {} } }
    expect(rules.locked(found, lock)).toEqual([])
    const { "node_modules/@a/linux": _, ...rest } = lock.packages
    const older = { ...rest, "": { ...found, dependencies: { a: "0.9.0" } } }
    expect(rules.locked(found, { packages: older })).toEqual([
      "the lock file has other dependencies: run npm install",
      "the lock file lacks @a/linux: write it anew with npm 11",
    ])
  })

  test("addresses: of a registry and of a repository", () => {
    expect(rules.addresses('"resolved": "https://registry.example/a.tgz"')).toHaveLength(1)
    expect(rules.addresses('"version": "git+ssh://host/a.git#1"')).toHaveLength(1)
    expect(rules.addresses('"funding": { "url": "https://example.org/sponsors" }')).toEqual([])
  })
})
