/** What the users of an app may do in a second, by kinds; an app's settings name what differs from the defaults. */
import type { CommandName } from "./commands.ts"
import { type AppSettings, DEFAULT_SETTINGS } from "./settings.ts"

export type RateKind = "sends" | "writes" | "reads" | "logins" | "typing"

/** Kind and weight of each command: a change that every console gets weighs more than a marker. */
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

/** Five seconds' worth may come at once. */
const BURST_S = 5
const rate = (perSecond: number): Rate => ({ perSecond, burst: Math.max(1, perSecond * BURST_S) })

/** Of one user a second; sends are the app's own setting. */
const USUAL = { writes: 20, reads: 100, logins: 5, typing: 10 } as const
/** Of a whole app a second. */
const USUAL_APP = { sends: 2_000, writes: 400 } as const
const USUAL_SOCKETS = 200
const USUAL_CONVERSATIONS = 500

export interface RateTable {
  readonly user: Readonly<Record<RateKind, Rate>>
  readonly app: { readonly sends: Rate; readonly writes: Rate }
  /** How many times the default an app allows its users, never less than once. */
  readonly factor: number
  readonly sockets: number
  readonly conversations: number
}

/** Every command asks for it, and it changes with the settings only. */
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
      writes: rate(writesPerSecond ?? USUAL.writes * factor),
      reads: rate(readsPerSecond ?? USUAL.reads * factor),
      logins: rate(loginsPerSecond ?? USUAL.logins * factor),
      typing: rate(typingPerSecond ?? USUAL.typing * factor),
    },
    app: {
      sends: rate(rateLimits.appSendsPerSecond ?? USUAL_APP.sends * factor),
      writes: rate(rateLimits.appWritesPerSecond ?? USUAL_APP.writes * factor),
    },
    factor,
    sockets: rateLimits.sockets ?? USUAL_SOCKETS * factor,
    conversations: rateLimits.conversations ?? Math.ceil(USUAL_CONVERSATIONS * factor),
  }
}
