/** Checks a command once more when its turn comes, after it waited behind others of its connection. */
import { HubError } from "../../protocol/errors.ts"
import type { GuardedConnection } from "./guarded-connection.ts"

/**
 * Since the command was sent, the connection may have used up its credit.
 *
 * @param limited it is a send that pays by the limits of its app
 * @returns a promise to wait for, if the client has much output to read
 * @throws HubError `rate_limited`, `unavailable`
 */
export function ownTurn(connection: GuardedConnection, limited: boolean): Promise<void> | undefined {
  if (connection.backlogged) return connection.drained().then(() => demandCredit(connection, limited))
  demandCredit(connection, limited)
  return undefined
}

function demandCredit(connection: GuardedConnection, limited: boolean): void {
  if (connection.overdrawn) throw new HubError("unavailable")
  const wait = limited ? 0 : connection.wait()
  if (wait > 0) throw new HubError("rate_limited", undefined, wait)
}
