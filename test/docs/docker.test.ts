/** docker-compose.yml, Dockerfile and .dockerignore: what docs/operations.md promises of containers. */
import { readFileSync } from "node:fs"
import { expect, test } from "vitest"

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8")
const compose = read("docker-compose.yml")

/** A block by its key, as far as it is indented. */
function block(key: string, indent: string): string {
  const lines = compose.split("\n")
  const begin = lines.findIndex((line) => line.startsWith(`${indent}${key}:`))
  expect(begin, key).toBeGreaterThanOrEqual(0)
  const after = lines.slice(begin + 1)
  const end = after.findIndex((line) => line.trim() !== "" && !line.startsWith(`${indent} `))
  return after.slice(0, end < 0 ? undefined : end).join("\n")
}

test("every container: no root, no capabilities, a read-only file system, a bound of memory", () => {
  const confined = block("x-confined", "")
  expect(confined).toContain("cap_drop: [ALL]")
  expect(confined).toContain("no-new-privileges:true")
  expect(confined).toContain("read_only: true")
  const hub = block("x-hub", "")
  const redis = block("redis", "  ")
  for (const each of [hub, redis]) {
    expect(each).toContain("<<: *confined")
    expect(each).toMatch(/user: "[1-9]\d*:[1-9]\d*"/)
    expect(each).toMatch(/mem_limit: \d+g/)
  }
  for (const node of ["hub-1", "hub-2"]) expect(block(node, "  ")).toContain("<<: *hub")
})

test("secrets are demanded, Redis has a password, and neither is in a command line", () => {
  for (const name of ["ADMIN_TOKEN", "SESSION_SECRET", "REDIS_PASSWORD"])
    expect(compose).toContain(`\${${name}:?`)
  expect(block("redis", "  ")).toContain("requirepass")
  expect(compose).not.toMatch(/redis-server[^\n]*REDIS_PASSWORD|redis-cli[^\n]*-a /)
  expect(compose).not.toMatch(/ports:[^\n]*6379/)
})

test("the image: no root, and of this folder only what is needed", () => {
  expect(read("Dockerfile")).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
  expect(read("Dockerfile")).not.toMatch(/^COPY \. /m)
  const ignored = read(".dockerignore").split("\n")
  for (const name of [".git", "node_modules", "data", "*.log"]) expect(ignored).toContain(name)
})
