/** The turn of a command that waited behind others of its connection. */
import { HubError } from "../../protocol/errors.ts"
import type { GuardedConnection } from "./guarded-connection.ts"

/**
 * What was done for the connection since the command was sent may have cost more than it had.
 *
 * @param limited it is a send that pays by the limits of its app
 * @returns to be waited for, where much of what was written before has not been read yet
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
