/**
 * How many commands a second the users of an app may send, by kind of command; an app's settings may differ from the
 * defaults.
 */
import type { CommandName } from "./commands.ts"
import { type AppSettings, DEFAULT_SETTINGS } from "./settings.ts"

export type RateKind = "sends" | "writes" | "reads" | "logins" | "typing"

/** Kind and weight of each command. A change that is sent to every console weighs more than a read marker. */
export const RATED: { readonly [C in CommandName]: readonly [RateKind, number] } = {
  login: ["logins", 1],
  logout: ["logins", 1],
  "message:send": ["sends", 1],
  "message:list": ["reads", 1],
  "conversation:create": ["writes", 4],
  "conversation:list": ["reads", 1],
  "conversation:read": ["writes", 1],
  sync: ["reads", 1],
  "profile:update": ["writes", 4],
  "typing:start": ["typing", 1],
  "typing:stop": ["typing", 1],
}

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** A limit may be used up for so many seconds at once. */
const BURST_S = 5
const rate = (perSecond: number): Rate => ({ perSecond, burst: Math.max(1, perSecond * BURST_S) })

/** Commands a second of one user. Sends are not here: they are always in the app's settings. */
const DEFAULT_USER_RATES = { writes: 20, reads: 100, logins: 5, typing: 10 } as const
/** Commands a second of all users of an app together. */
const DEFAULT_APP_RATES = { sends: 2_000, writes: 400 } as const
const DEFAULT_SOCKETS = 200
const DEFAULT_CONVERSATIONS = 500

export interface RateTable {
  readonly user: Readonly<Record<RateKind, Rate>>
  readonly app: { readonly sends: Rate; readonly writes: Rate }
  /** The app's `sendsPerSecond` divided by the default, at least 1: limits without a setting of their own grow by it. */
  readonly factor: number
  readonly sockets: number
  readonly conversations: number
}

/** Computed once for each settings object, because every command asks for it. */
const tables = new WeakMap<AppSettings["rateLimits"], RateTable>()

export function rateTable({ rateLimits }: Pick<AppSettings, "rateLimits">): RateTable {
  let table = tables.get(rateLimits)
  if (!table) {
    table = tableOf(rateLimits)
    tables.set(rateLimits, table)
  }
  return table
}

function tableOf(rateLimits: AppSettings["rateLimits"]): RateTable {
  const { sendsPerSecond, burst, writesPerSecond, readsPerSecond, loginsPerSecond, typingPerSecond } =
    rateLimits
  const factor = Math.max(1, sendsPerSecond / DEFAULT_SETTINGS.rateLimits.sendsPerSecond)
  return {
    user: {
      sends: { perSecond: sendsPerSecond, burst },
      writes: rate(writesPerSecond ?? DEFAULT_USER_RATES.writes * factor),
      reads: rate(readsPerSecond ?? DEFAULT_USER_RATES.reads * factor),
      logins: rate(loginsPerSecond ?? DEFAULT_USER_RATES.logins * factor),
      typing: rate(typingPerSecond ?? DEFAULT_USER_RATES.typing * factor),
    },
    app: {
      sends: rate(rateLimits.appSendsPerSecond ?? DEFAULT_APP_RATES.sends * factor),
      writes: rate(rateLimits.appWritesPerSecond ?? DEFAULT_APP_RATES.writes * factor),
    },
    factor,
    sockets: rateLimits.sockets ?? DEFAULT_SOCKETS * factor,
    conversations: rateLimits.conversations ?? Math.ceil(DEFAULT_CONVERSATIONS * factor),
  }
}
