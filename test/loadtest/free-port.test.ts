import { once } from "node:events"
import { createServer } from "node:net"
import { expect, onTestFinished, test } from "vitest"
import { freePort } from "../../loadtest/bench/free-port.ts"

test("ports are each given once, lie below the system's own with the cluster's second one, and skip what listens", async () => {
  const first = await freePort()
  const taken = createServer().listen(first + 1, "127.0.0.1")
  await once(taken, "listening")
  onTestFinished(() => void taken.close())
  const ports = [first]
  for (let more = 0; more < 20; more++) ports.push(await freePort())
  expect(new Set(ports).size).toBe(ports.length)
  expect(ports).not.toContain(first + 1)
  expect(Math.max(...ports) + 10_000).toBeLessThan(32_768)
})
