/** A guarded connection with nobody at its other end. */
import type { AddressQuota } from "../../src/edge/socket/address-quotas.ts"
import { FrameWriter } from "../../src/edge/socket/frame-writer.ts"
import type { EndReason } from "../../src/edge/socket/guard-parts.ts"
import { GuardedConnection } from "../../src/edge/socket/guarded-connection.ts"
import { UnreadRest } from "../../src/edge/socket/unread-rest.ts"

export function bareConnection(
  address: AddressQuota,
  now: () => number,
  onEnd: (reason: EndReason) => void = () => undefined,
  writer = new FrameWriter(),
) {
  const socket = { writableLength: 0, destroyed: true, pause: () => undefined }
  const conn = { request: { socket }, transport: {}, close: () => undefined }
  const connection = new GuardedConnection(
    // The boundary: of an engine's connection no more than this is looked at.
    conn as unknown as ConstructorParameters<typeof GuardedConnection>[0],
    address,
    { rest: new UnreadRest(), namespaces: new Set(["/messaging"]), now, onEnd, writer },
  )
  return { connection, socket }
}
