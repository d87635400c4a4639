/** A flood: something that a stranger on the open internet can do without credentials. */
import type { Mob } from "./mob.ts"

export interface Flood {
  readonly name: string
  /** What it does, in the report's words. */
  readonly says: string
  /** Connections that it holds at once: each may keep so much memory. */
  readonly connections: number
  /** In the short form of the suite too; what ends before it reaches a store, on one of them. */
  readonly brief?: "both" | "embedded"
  /** It begins with all that its place has saved up, which is over after two seconds: the short form goes on for longer. */
  readonly bursts?: true
  /** Prepares, and gives back the attack itself, which runs until the mob is stopped. */
  arm(mob: Mob): Promise<() => Promise<void>>
}
