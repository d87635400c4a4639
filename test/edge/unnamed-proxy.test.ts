/** A proxy that nobody has named in TRUSTED_PROXIES: the hub says so, once. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { createHub } from "../../src/hub.ts"
import { systemClock } from "../../src/lib/clock.ts"
import { createLog } from "../../src/lib/log.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"

/** @returns a hub, and the warnings that it has logged */
async function hubWith(trustedProxies: readonly string[]) {
  const dir = mkdtempSync(join(tmpdir(), "tributary-proxy-"))
  const warnings: string[] = []
  const store = await openLmdb({ dir })
  const sink = (line: string): void => void warnings.push(line)
  const hub = createHub({
    store,
    clock: systemClock,
    log: createLog({ level: "warn", sink, now: Date.now }),
    adminToken: "the admin token of this test",
    sessionSecret: "the session secret of this test, long enough",
    partitions: 1,
    development: false,
    drainMs: 0,
    trustedProxies,
  })
  onTestFinished(async () => {
    await hub.close()
    await store.close()
    rmSync(dir, { recursive: true })
  })
  return { url: await hub.listen(0, "127.0.0.1"), warnings }
}

const ask = async (url: string, forwarded?: string): Promise<void> => {
  await fetch(`${url}/health/live`, { headers: { ...(forwarded && { "x-forwarded-for": forwarded }) } })
}

test.each([
  [[], 1],
  [["10.0.0.0/8"], 1],
  [["127.0.0.1"], 0],
])("8 behind a private address that %j does not name, the hub warns so often: %d", async (proxies, times) => {
  const { url, warnings } = await hubWith(proxies)
  await ask(url)
  expect(warnings).toEqual([])
  for (const address of ["198.51.100.1", "198.51.100.2"]) await ask(url, address)
  expect(warnings).toHaveLength(times)
  for (const warning of warnings) {
    expect(warning).toContain("TRUSTED_PROXIES")
    expect(warning).toContain('"proxy":"127.0.0.1"')
  }
})
