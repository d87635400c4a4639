/** The turn of a command that waited behind others of its connection. */
import { HubError } from "../../protocol/errors.ts"
import type { GuardedConnection } from "./guarded-connection.ts"

/**
 * What was done for the connection since the command was sent may have cost more than it had.
 *
 * @param limited it is a send that pays by the limits of its app
 * @throws HubError `rate_limited`, `unavailable`
 */
export async function ownTurn(connection: GuardedConnection, limited: boolean): Promise<void> {
  if (connection.backlogged) await connection.drained()
  if (connection.overdrawn) throw new HubError("unavailable")
  const wait = limited ? 0 : connection.wait()
  if (wait > 0) throw new HubError("rate_limited", undefined, wait)
}
