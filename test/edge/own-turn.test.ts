/** A command that waited behind others of its connection is looked at again when its turn comes. */
import { expect, test } from "vitest"
import { AddressQuota, USUAL_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { FrameWriter } from "../../src/edge/socket/frame-writer.ts"
import { GuardedConnection } from "../../src/edge/socket/guarded-connection.ts"
import { ownTurn } from "../../src/edge/socket/own-turn.ts"
import { UnreadRest } from "../../src/edge/socket/unread-rest.ts"
import { WORK_SAVED } from "../../src/edge/socket/work.ts"

const NOW = 1_000_000
const UNREAD_BYTES = 300 * 1024

function connected() {
  const socket = { writableLength: 0, destroyed: true, pause: () => undefined }
  const conn = { request: { socket }, transport: {}, close: () => undefined }
  const connection = new GuardedConnection(
    // The boundary: of an engine's connection no more than this is looked at, for nothing is answered.
    conn as unknown as ConstructorParameters<typeof GuardedConnection>[0],
    new AddressQuota("10.0.0.7", false, USUAL_ADDRESS_LIMITS),
    {
      rest: new UnreadRest(),
      namespaces: new Set(["/messaging"]),
      now: () => NOW,
      onEnd: () => undefined,
      writer: new FrameWriter(),
    },
  )
  return { connection, socket }
}

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
