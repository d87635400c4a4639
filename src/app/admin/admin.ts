/**
 * What the operator can ask for (docs/protocol.md 8): one method per call of the table. Requests are validated before; a
 * method answers with the result that the table says, or throws a HubError.
 *
 * - Every call but `createApp` throws `app_not_found` where there is no such app.
 * - Ids that were merged away resolve; the answer names the survivor. What does not exist is `not_found`.
 * - `createApp` throws `conflict` where the id is taken; `patchApp` where `multi` would become `single`.
 * - `createKey` gives the secret, this once; `conflict` where the app has 10 live keys already.
 * - `deleteKey` resolves when the key is refused everywhere; a key that does not exist is `not_found`.
 * - `listMessages` gives the latest 50 unless the request names a limit.
 * - `postMessage` is idempotent by the conversation's user, the author and `localId`.
 * - `mergeUsers` of a user with themselves, under whichever of their ids, changes nothing.
 */
import type { AdminCall, AdminRequest, AdminResult } from "../../protocol/admin-calls.ts"
import type { Apps } from "../app-registry.ts"

export type Admin = { readonly [C in AdminCall]: (request: AdminRequest<C>) => Promise<AdminResult<C>> }

export interface AdminParts {
  readonly apps: Apps
  readonly now: () => number
  /** How many partitions a new app is spread over. */
  readonly partitions: number
  /** Makes the secret part of a link by which an agent signs in once. */
  readonly signLink: (link: {
    readonly appId: string
    readonly agentId: string
    readonly name?: string | undefined
    readonly linkId: string
    readonly now: number
    readonly expiresAt: number
  }) => Promise<string>
}
