/** Where a day is played: nodes of the hub, a store, proxies that can be broken, and what may go wrong there. */
import type { Admin } from "../../acceptance/admin-caller.ts"
import type { LossWindow } from "../day-history.ts"
import type { Fault } from "../schedule.ts"

export interface Deployment {
  /** One address for each node, for people and agents. */
  readonly urls: readonly string[]
  /** Past the proxies. */
  admin(): Admin
  /** Fail-overs may take what was told and not acknowledged, and nothing else. */
  readonly keepsAcknowledged?: boolean
  /** Among what goes wrong is the store's own clock. */
  readonly setsClock?: boolean
  /** What can go wrong here, by name. */
  readonly faults: Readonly<Record<string, Strike>>
  /** When something else than a fault of the day may have lost what was acknowledged: on a starved machine stores seem dead. */
  readonly unasked?: readonly LossWindow[]
  /** Everything is whole again: resolves when every node says that it is ready. */
  calm(): Promise<void>
  stop(): Promise<void>
}

/** Breaks something and mends it. @returns when it may have lost what was acknowledged */
export type Strike = (fault: Fault) => Promise<LossWindow | undefined>

export type OpenDeployment = () => Promise<Deployment>
