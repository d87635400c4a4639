/**
 * The operations of the admin API: one method per call of the table. Requests are already validated; a method
 * answers with the result that the table says, or throws a HubError.
 *
 * - Every call but `createApp` throws `app_not_found` where there is no such app.
 * - Ids that were merged away resolve; the answer names the survivor. What does not exist is `not_found`.
 * - `createApp` throws `conflict` where the id is taken; `patchApp` where `multi` would become `single`.
 *   Settings come as named by the caller: `changedSettings` makes them whole.
 * - `createKey` gives the secret, this once; `conflict` where the app has 10 live keys already.
 * - `deleteKey` resolves when the key is refused everywhere; a key that does not exist is `not_found`.
 * - `listMessages` gives the latest 50 unless the request names a limit.
 * - `postMessage` is idempotent by the conversation's user and `localId`.
 * - `mergeUsers` of a user with itself, or with an alias of itself, changes nothing.
 */
import type { AdminCall, AdminRequest, AdminResult } from "../../protocol/admin-calls.ts"

export type AdminPort = {
  readonly [C in AdminCall]: (request: AdminRequest<C>) => Promise<AdminResult<C>>
}
