/** A command that waited behind others of its connection is looked at again when its turn comes. */
import { expect, test } from "vitest"
import { AddressQuota, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { ownTurn } from "../../src/edge/socket/own-turn.ts"
import { WORK_SAVED } from "../../src/edge/socket/work.ts"
import { bareConnection } from "./bare-connection.ts"

const NOW = 1_000_000
const UNREAD_BYTES = 300 * 1024

const connected = () => bareConnection(new AddressQuota("10.0.0.7", false, DEFAULT_ADDRESS_LIMITS), () => NOW)

test("4 it begins at once where there is credit and nothing is unread", () => {
  expect(ownTurn(connected().connection, false)).toBeUndefined()
})

test("4 it is told to wait where those before it have cost all there was; a send pays by its app's limits", () => {
  const { connection } = connected()
  connection.charge(WORK_SAVED + 300)
  expect(() => ownTurn(connection, false)).toThrow(
    expect.objectContaining({ code: "rate_limited", retryAfterMs: 100 }),
  )
  expect(ownTurn(connection, true)).toBeUndefined()
})

test("4 it is not done where the connection was cut for going on", () => {
  const { connection } = connected()
  connection.charge(10 * WORK_SAVED)
  for (const limited of [false, true])
    expect(() => ownTurn(connection, limited)).toThrow(expect.objectContaining({ code: "unavailable" }))
})

test("3 it waits until what was written before is read, and what that cost counts", async () => {
  const { connection, socket } = connected()
  socket.writableLength = UNREAD_BYTES
  const turn = ownTurn(connection, false)
  connection.charge(WORK_SAVED + 300)
  socket.writableLength = 0
  await expect(turn).rejects.toMatchObject({ code: "rate_limited" })
})
