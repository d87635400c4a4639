/** Whose connection it is: a user is introduced, accepted, forgotten. Pure. */
import type { State } from "../protocol/handshake.ts"
import type { ClientError } from "./client-error.ts"
import { identityChanged } from "./client-errors.ts"
import type { Effect, Input } from "./client-inputs.ts"
import type { User } from "./client-model.ts"
import { type ClientState, type Signed, type Source, sameSource } from "./client-state.ts"
import { claimedExternalId, type Owner, ownerOf, verdictOn } from "./draft-owner.ts"
import type { SessionRecord } from "./session-record.ts"
import { chain, type Step, step, without } from "./step.ts"

/** The result of a login where the hub sent no outcome, because the user stayed the same. */
const UNTOLD = { outcome: "refreshed", expiresAt: Number.MAX_SAFE_INTEGER } as const

/**
 * A state replaces what was known [P4]: everything of another user is removed.
 *
 * @param jwt the token that brought it; absent where the hub sent it unasked
 */
export function introduce(state: ClientState, told: State, jwt: string | undefined, { tag }: Input): Step {
  const before = state.owner
  const claimed =
    jwt !== undefined ? claimedExternalId(jwt) : told.user.authenticated ? state.claimed : undefined
  const now = ownerOf(told.user, claimed)
  const another = before !== undefined && verdictOn(before, before, now, told.reason) !== "adopt"
  const record = recordOf(state.record, told, now, tag)
  const changed = JSON.stringify(record) !== JSON.stringify(state.record)
  const known: ClientState = {
    ...without(state, "claimed", "staleSince"),
    ...(claimed !== undefined && { claimed }),
    phase: { at: "open", session: { is: "current" } },
    owner: now,
    record,
    attempt: 0,
    drainMs: 0,
    following: false,
    accountNo: state.accountNo + (another ? 1 : 0),
    stateNo: state.stateNo + 1,
  }
  return step(
    known,
    { do: "introduce", state: told, before, now, reason: told.reason },
    ...(changed
      ? ([
          { do: "writeRecord", record, over: state.record.generation, force: false },
          { do: "share", news: { type: "changed" } },
        ] as const)
      : []),
  )
}

/** A signed-in user lives by their token alone; the visitor they were has no session any more. */
function recordOf(before: SessionRecord, told: State, now: Owner, tag: string): SessionRecord {
  const { externalId, userId } = now
  if (externalId === undefined) {
    const sessionToken = told.sessionToken ?? before.sessionToken
    return { generation: before.generation ?? tag, ...(sessionToken && { sessionToken }), userId }
  }
  const another = before.externalId !== undefined && before.externalId !== externalId
  return { generation: another ? tag : (before.generation ?? tag), externalId }
}

/** A login was accepted, in place or in the handshake. */
export function accepted(
  state: ClientState,
  { source, jwt }: Signed,
  told: State["login"],
  user: User,
  { at }: Input,
): Step {
  const login = { outcome: told?.outcome ?? UNTOLD.outcome, expiresAt: told?.expiresAt ?? UNTOLD.expiresAt }
  // A login that was replaced while the hub judged it has been rejected: its host is not asked again.
  const wasAsked = source.kind === "asked" && sameSource(state.asked, source)
  const since =
    source.kind === "shared" ? source.since : source.kind === "asked" ? at : (state.token?.since ?? at)
  const own: Source | undefined = wasAsked ? { kind: "own", id: source.id } : state.own
  const effort = sameSource(state.effort?.source, source) ? undefined : state.effort
  const known: ClientState = {
    ...without(
      state,
      "effort",
      "declinedAt",
      ...(sameSource(state.asked, source) ? (["asked"] as const) : []),
    ),
    ...(own && { own }),
    ...(effort && { effort }),
    token: { jwt, expiresAt: login.expiresAt, since },
  }
  const via = ({ asked: "login", own: "renewal", shared: "tab" } as const)[source.kind]
  const news = { type: "login", jwt, since, generation: state.record.generation ?? "" } as const
  return step(
    known,
    ...(source.kind === "shared" ? [] : [{ do: "share", news } as const]),
    ...(wasAsked ? [{ do: "loginSettled", id: source.id, result: login } as const] : []),
    { do: "tell", event: { type: "login", via, ...login, user } },
  )
}

/** The login that was asked for is over without success; what was before it stays. */
export function rejectAsked(state: ClientState, error: ClientError): Step {
  const { asked } = state
  if (asked?.kind !== "asked") return step(state)
  const fetched = sameSource(state.fetched?.source, asked) ? (["fetched"] as const) : []
  const fetching = sameSource(state.fetching?.source, asked) ? (["fetching"] as const) : []
  const effort = sameSource(state.effort?.source, asked) ? (["effort"] as const) : []
  return step(without(state, "asked", "expected", ...fetched, ...fetching, ...effort), {
    do: "loginSettled",
    id: asked.id,
    result: error,
  })
}

/** Nothing of the user is kept; a login that is under way goes on: it is the next user's. */
export function forget(state: ClientState, all: boolean): Step {
  const { asked } = state
  const keepsFetch = sameSource(state.fetching?.source, asked) ? [] : (["fetching"] as const)
  const keepsFetched = sameSource(state.fetched?.source, asked) ? [] : (["fetched"] as const)
  const gone = {
    ...without(
      state,
      "owner",
      "claimed",
      "own",
      "shared",
      "token",
      "effort",
      "staleSince",
      "expected",
      ...keepsFetch,
      ...keepsFetched,
    ),
    accountNo: state.accountNo + 1,
    stateNo: state.stateNo + 1,
  }
  const told: Effect[] = state.owner ? [{ do: "tell", event: { type: "logout" } }] : []
  return step(gone, { do: "forget", all }, ...told)
}

/**
 * The session record in the storage holds for every tab. In another generation the user that was known here has
 * signed out, or was replaced.
 */
export function adopt(state: ClientState, record: SessionRecord): Step {
  const { generation } = state.record
  if (generation === undefined || record.generation === generation) return step({ ...state, record })
  // The storage was emptied from outside: this tab keeps its session.
  if (record.generation === undefined)
    return step(state, { do: "writeRecord", record: state.record, over: undefined, force: false })
  const { shared } = state
  const follows = shared?.kind === "shared" && shared.generation === record.generation
  return chain(forget(state, false), (gone) =>
    step({ ...gone, record, following: record.externalId !== undefined, ...(follows && { shared }) }),
  )
}

export const signedOut = (state: ClientState, tag: string): Step =>
  chain(
    rejectAsked(state, identityChanged()),
    (known) => forget(known, true),
    (gone) => {
      const record = { generation: tag }
      return step(
        // Until the page is loaded anew: its cookie may still name who signed out here.
        { ...without(gone, "declinedAt"), record, following: false, helpCenter: false },
        { do: "writeRecord", record, over: undefined, force: true },
        { do: "share", news: { type: "changed" } },
      )
    },
  )
