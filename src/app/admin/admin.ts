/** What the operator can ask for (docs/protocol.md 8), and what it is done with. */
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
