/**
 * Which version of the protocol the hub speaks, and how its tables have changed. `v` of a handshake names the version.
 *
 * A change that an old client would misunderstand (a command is removed, a field becomes mandatory) raises the version;
 * one that it can ignore does not. Either way the tables' fingerprint changes, and a line is added here.
 */
export const PROTOCOL_VERSION = 1

export interface Revision {
  readonly version: number
  /** Of the tables as they were after the change; `test/protocol/fingerprint.test.ts` computes it. */
  readonly fingerprint: string
  readonly change: string
}

/** One line per change of the tables, the latest last. Lines that were released are never edited. */
export const REVISIONS: readonly Revision[] = [
  {
    version: 1,
    fingerprint: "e44430aff184616aeb104a0234dfb237",
    change: "End users and agents: handshake, commands, feed, signals; errors; admin API.",
  },
  {
    version: 1,
    fingerprint: "8cb99d2570d2f6948b1096f02f486adc",
    change: "Signal `head`; `next` in the state: where the next page of conversations begins.",
  },
  {
    version: 1,
    fingerprint: "acd6006d504a4dfb79cdeba4f676465c",
    change: "`readTo` in conversations; `more` leaves the state, which never had it.",
  },
  {
    version: 1,
    fingerprint: "390108608a3e82ba1b05eb5c8fd484e7",
    change:
      "App settings: `anonymous`, and `rateLimits` by kinds, of the whole app, of sockets and conversations.",
  },
  {
    version: 1,
    fingerprint: "85b25d0bf8e540fb605110771ea570a2",
    change:
      "For consoles: search, counts, unread tickets, colleagues and what they view, a user's devices and history; links for agents.",
  },
  {
    version: 1,
    fingerprint: "f61b0f646be1cf77f0b2c135c91f4906",
    change: "`file://` among `allowedOrigins`; a `url` is one that every reader takes for the same place.",
  },
  {
    version: 1,
    fingerprint: "aba525b81088dd75876a2179c42cde3b",
    change:
      "`more` in merges that name more than a frame holds; pages of a user's conversations in the admin API.",
  },
  {
    version: 1,
    fingerprint: "f18be93926c13f15775131f8570bc756",
    change: "Conversations name no aliases: a folded conversation's id still resolves in every command.",
  },
]
