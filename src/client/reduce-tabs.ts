/** The other tabs of this browser: one visitor, one sign-in, one sign-out. Pure. */
import type { Input } from "./client-inputs.ts"
import { type ClientState, isSignedIn, type Source } from "./client-state.ts"
import { adopt } from "./reduce-account.ts"
import { begin, beginAfresh, resume } from "./reduce-attempt.ts"
import { startEffort } from "./reduce-effort.ts"
import { revokedFromElsewhere } from "./reduce-session.ts"
import { areOthers, type SessionRecord } from "./session-record.ts"
import { chain, type Step, step } from "./step.ts"
import type { TabNews } from "./tab-channel.ts"

/** The message of another tab and the parking by the hub belong to one sign-in if they are no further apart. */
const SAME_SIGN_IN_MS = 10_000
/** A token that ends sooner than this is of no use to another tab. */
const WORTH_SHARING_MS = 5_000

export function tabNews(state: ClientState, news: TabNews, input: Input): Step {
  switch (news.type) {
    case "ask":
      return shareLogin(state, input)
    case "login":
      return loginShared(
        state,
        { kind: "shared", jwt: news.jwt, since: news.since, generation: news.generation },
        input,
      )
    case "changed":
      return step(state, { do: "readRecord", inTurn: false })
    default:
      return step(state)
  }
}

/** What the storage said just now. */
export function recordRead(state: ClientState, record: SessionRecord, input: Input): Step {
  const { generation } = state.record
  if (record.generation === undefined || generation === undefined) {
    const known = adopt(state, record)
    return chain(known, (kept) => (generation === undefined ? step(kept) : stillRevoked(kept, input)))
  }
  if (record.generation !== generation) {
    return chain(adopt(state, record), (gone) => (gone.wanted ? beginAfresh(gone) : step(gone)))
  }
  if (state.phase.at !== "open") return step({ ...state, record })
  return chain(
    sameGeneration(state, record, input),
    (known) => stillRevoked(known, input),
    (known) => stillParked(known, input),
  )
}

function sameGeneration(state: ClientState, record: SessionRecord, input: Input): Step {
  const { owner } = state
  if (!owner || state.busy > 0) return step(state)
  if (isSignedIn(state)) {
    if (areOthers(state.record, record)) return overtake(state, input)
    if (record.externalId !== undefined) return step({ ...state, record })
    // A tab that did not get the message of the sign-in began a visitor's session.
    const rewritten = {
      do: "writeRecord",
      record: state.record,
      over: generationOf(state),
      force: true,
    } as const
    return chain(step(state, rewritten), (known) => shareLogin(known, input))
  }
  // Two tabs made a session each: the one that is stored is this browser's.
  if (record.sessionToken !== undefined && record.userId !== undefined && record.userId !== owner.userId)
    return begin({ ...state, record })
  const signedInElsewhere = record.externalId !== undefined && !state.asked && !state.own && !state.alone
  return step(
    record.sessionToken === undefined ? state : { ...state, record },
    ...(signedInElsewhere ? [{ do: "share", news: { type: "ask" } } as const] : []),
  )
}

/** Two tabs signed in as two people at once, and the other one's is stored: the one that came second is this browser's. */
function overtake(state: ClientState, input: Input): Step {
  const record = { ...state.record, generation: input.tag }
  return chain(
    step(
      { ...state, record },
      { do: "writeRecord", record, over: generationOf(state), force: false },
      { do: "share", news: { type: "changed" } },
    ),
    (known) => shareLogin(known, input),
  )
}

const generationOf = ({ record }: ClientState): string | undefined => record.generation

function stillRevoked(state: ClientState, input: Input): Step {
  const { phase, effort } = state
  const undecided = phase.at === "open" && phase.session.is === "revoked" && phase.session.renewing && !effort
  return undecided ? revokedFromElsewhere(state, input) : step(state)
}

/** A sign-in by a tab with a storage of its own. The hub parked this tab, so it was a sign-in of this visitor. */
function stillParked(state: ClientState, input: Input): Step {
  const { phase, shared, record } = state
  if (phase.at !== "open" || phase.session.is !== "parked" || shared?.kind !== "shared") return step(state)
  const others = shared.generation !== record.generation
  return others && shared.since > phase.session.since - SAME_SIGN_IN_MS
    ? followLogin(state, shared, input)
    : step(state)
}

/** Another tab has a token: this one gives it to the hub as well. */
function loginShared(state: ClientState, shared: Source & { kind: "shared" }, input: Input): Step {
  if (state.declinedAt !== undefined && shared.since <= state.declinedAt) return step(state)
  const known: ClientState = { ...state, shared }
  if (shared.generation !== state.record.generation) return step(known, { do: "readRecord", inTurn: false })
  switch (state.phase.at) {
    case "asking":
      return resume(known, undefined)
    case "refused":
      return state.wanted ? begin(known) : step(known)
    case "open":
      return followLogin(known, shared, input)
    default:
      return step(known)
  }
}

function followLogin(state: ClientState, shared: Source, input: Input): Step {
  const { phase, effort, asked, own } = state
  if (phase.at !== "open") return step(state)
  const waits = phase.session.is !== "current" && effort?.step !== "fetching" && effort?.step !== "presenting"
  const follows = phase.session.is === "current" && !asked && !own && !effort
  if (!waits && !follows) return step(state)
  return chain(step(state, { do: "stopTimer", name: "ask" }), (known) => startEffort(known, shared, input))
}

function shareLogin(state: ClientState, { at }: Input): Step {
  const { token, phase, record } = state
  const current = phase.at === "open" && phase.session.is === "current" && isSignedIn(state)
  if (!token || !current || token.expiresAt < at + WORTH_SHARING_MS) return step(state)
  const { jwt, since } = token
  return step(state, {
    do: "share",
    news: { type: "login", jwt, since, generation: record.generation ?? "" },
  })
}
