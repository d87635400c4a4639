/** Whatever happens in whatever order, some things always hold of connection and identity. */
import fc from "fast-check"
import { expect, it } from "vitest"
import type { Effect, Happening } from "../../src/client/client-inputs.ts"
import { type ClientState, initial, isUsable, statusOf } from "../../src/client/client-state.ts"
import { reduce } from "../../src/client/reduce.ts"
import type { State } from "../../src/protocol/handshake.ts"
import { THOROUGH } from "../thorough.ts"
import { jwt, refusal } from "./given.ts"
import { anonymous, person, state } from "./sample-views.ts"

const NAMES = ["ben", "cleo"]
const ERRORS = [
  refusal("unavailable", true),
  refusal("token_expired", true),
  refusal("signature_invalid"),
  refusal("session_consumed"),
  refusal("offline", true),
  refusal("token_revoked"),
  refusal("app_not_found"),
]

const stateOf = (who: number, reason: State["reason"]): State =>
  who === 0
    ? state([], { sessionToken: "session", reason })
    : who === 1
      ? state([], { user: anonymous("usr_other"), sessionToken: "other", reason })
      : state([], {
          user: person(`usr_${NAMES[who - 2]}`, NAMES[who - 2] ?? ""),
          login: { outcome: "signed_in", expiresAt: 9_000_000 },
          reason,
        })

/** What may happen next, in a state: answers come to what was asked. */
function next(now: ClientState, pick: number, who: number): Happening {
  const error = ERRORS[pick % ERRORS.length] ?? refusal("internal")
  const generation = who % 2 === 0 ? (now.record.generation ?? "g") : "another"
  const record = {
    generation,
    ...(who > 1 ? { externalId: NAMES[who - 2] ?? "" } : { sessionToken: "s", userId: "u" }),
  }
  const source = now.effort?.source ?? now.asked ?? ({ via: "renewal", id: 1 } as const)
  const login = { outcome: "signed_in", expiresAt: 9_000_000 } as const
  const ok = pick % 3 > 0
  const all: Happening[] = [
    { type: "connect" },
    { type: "disconnect" },
    { type: "woke" },
    { type: "loaded" },
    { type: "login", id: pick },
    { type: "cancelLogin", id: now.asked?.via === "login" ? now.asked.id : 0 },
    { type: "logout", id: -pick - 1, everywhere: ok },
    {
      type: "tokenFetched",
      no: now.fetching?.no ?? 0,
      token:
        pick % 4 === 0
          ? undefined
          : pick % 4 === 1
            ? refusal("token_unavailable", true)
            : jwt(NAMES[who % 2] ?? ""),
    },
    { type: "sessionRead", run: now.run, record },
    { type: "recordRead", record },
    { type: "tabNews", news: { type: "ask" } },
    { type: "tabNews", news: { type: "changed" } },
    { type: "tabNews", news: { type: "login", jwt: jwt(NAMES[who % 2] ?? ""), since: pick, generation } },
    { type: "ready", run: now.run, state: stateOf(who, "connect") },
    { type: "refused", run: now.run, error },
    { type: "lost", run: now.run, error: refusal("offline", true) },
    { type: "expiring", data: { expiresAt: 9 } },
    { type: "expired" },
    { type: "parked" },
    { type: "revoked", data: { reason: ok ? "logout" : "key_deleted" } },
    { type: "unidentified", error },
    ...(now.busy > 0 && now.effort?.step === "presenting"
      ? [
          {
            type: "loginAnswered" as const,
            run: now.run,
            no: now.effort.no,
            signed: { source, jwt: jwt(NAMES[who % 2] ?? "") },
            answer: ok
              ? { ok: true as const, result: { state: stateOf(2 + (who % 2), "login"), ...login } }
              : { ok: false as const, error },
          },
        ]
      : []),
    ...(now.leaving > 0
      ? [
          {
            type: "logoutAnswered" as const,
            run: now.run,
            id: -pick - 1,
            everywhere: false,
            answer: ok
              ? { ok: true as const, result: { state: stateOf(0, "logout") } }
              : { ok: false as const, error },
          },
        ]
      : []),
    { type: "timer", name: "retry" },
    { type: "timer", name: "effort" },
    { type: "timer", name: "grace" },
    { type: "timer", name: "ask" },
    { type: "deaf" },
  ]
  // Half of the time what was asked for is answered, so that the walk gets somewhere.
  if (who % 2 === 0) {
    const due = all.filter((one) => isDue(now, one))
    if (due.length > 0) return due[pick % due.length] ?? { type: "woke" }
  }
  return all[pick % all.length] ?? { type: "woke" }
}

function isDue(
  { phase, fetching, busy, leaving, wanted, loaded }: ClientState,
  { type }: Happening,
): boolean {
  if (!wanted) return type === "connect"
  if (!loaded) return type === "loaded"
  if (type === "logoutAnswered") return leaving > 0
  if (type === "loginAnswered") return busy > 0
  if (type === "tokenFetched") return fetching !== undefined
  if (type === "sessionRead") return phase.at === "reading"
  return type === "ready" && phase.at === "opening"
}

const steps = fc.noBias(
  fc.array(fc.tuple(fc.nat(10_000), fc.nat(3), fc.nat(30_000)), {
    minLength: 20,
    maxLength: 80,
    size: "max",
  }),
)

it("[P4] no order of events breaks what holds of logins, logouts and identities", () => {
  fc.assert(
    fc.property(steps, fc.boolean(), fc.boolean(), (drawn, alone, helpCenter) => {
      let now = initial({ alone, helpCenter, patienceMs: 20_000 })
      let at = 1_000_000
      const asked = new Set<number>()
      const settled = new Map<number, number>()
      const perform = (effects: readonly Effect[], happening: Happening): void => {
        for (const effect of effects) {
          if (effect.do === "settled") settled.set(effect.id, (settled.get(effect.id) ?? 0) + 1)
          // What is said behind a logout that was not answered would be the leaving user's word.
          if (effect.do === "login") expect(now.leaving, happening.type).toBe(0)
          // A user who was never introduced is never shown as signed in.
          if (effect.do === "introduce") expect(effect.now).toEqual(now.owner)
        }
      }
      const apply = (happening: Happening): void => {
        const before = now
        const { state: after, effects } = reduce(now, { ...happening, at, chance: 0.5, tag: `tag${at}` })
        now = after
        perform(effects, happening)
        expect(after.busy).toBeGreaterThanOrEqual(0)
        if (isUsable(after)) expect(statusOf(after).state).toMatch(/live|stale/)
        // Another user, another number: answers to earlier requests are ignored.
        if (before.owner?.externalId !== undefined && before.owner.externalId !== after.owner?.externalId)
          if (!(after.owner && before.owner.userId === after.owner.userId))
            expect(after.accountNo).toBeGreaterThan(before.accountNo)
      }
      for (const [pick, who, ms] of drawn) {
        at += ms + 1
        const happening = next(now, pick, who)
        if (happening.type === "login") {
          if (asked.has(happening.id)) continue
          asked.add(happening.id)
        }
        apply(happening)
      }
      apply({ type: "close" })
      // Every login settles, and once.
      for (const id of asked) expect(settled.get(id), `login ${id}`).toBe(1)
      expect(statusOf(now)).toEqual({ state: "closed" })
    }),
    { numRuns: 250 * THOROUGH },
  )
})
