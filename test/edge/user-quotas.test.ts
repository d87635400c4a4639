/** The limit on a user's sockets where it is lowered under very many of them: nobody waits until all have gone. */
import { setImmediate as turn } from "node:timers/promises"
import { expect, test } from "vitest"
import { type Counted, UserQuotas } from "../../src/edge/socket/user-quotas.ts"
import { rateTable } from "../../src/protocol/command-rates.ts"
import { DEFAULT_SETTINGS } from "../../src/protocol/settings.ts"

test("of two thousand sockets too many some go in each turn, the quietest first, until the limit holds", async () => {
  const quotas = new UserQuotas(() => 0)
  const table = rateTable(DEFAULT_SETTINGS)
  const quota = quotas.of("app", "usr_a", table)
  const gone: number[] = []
  const sockets = Array.from({ length: 2_000 }, (_, no): Counted => ({ displace: () => void gone.push(no) }))
  for (const socket of sockets) quotas.touch(quota, socket, { ...table, sockets: 2_000 })
  expect(gone).toEqual([])

  const last = sockets.at(-1) ?? { displace: () => undefined }
  for (let turns = 0, before = 0; quota.sockets.size > 200 && turns < 1_000; turns += 1) {
    // Uses meanwhile do not hurry it.
    for (let uses = 0; uses < 3; uses += 1) quotas.touch(quota, last, { ...table, sockets: 200 })
    expect(gone.length - before).toBeLessThanOrEqual(40)
    before = gone.length
    await turn()
  }
  expect(gone).toEqual(Array.from({ length: 1_800 }, (_, no) => no))
})
