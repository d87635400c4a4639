/**
 * Before a node takes connections, visitors sign in as a person who exists, on a store that is thrown away. Code that runs for
 * the first time takes many times as long as afterwards, for it is compiled then; without this, the first visitor who signs
 * in on a node would wait for it. Nothing of this is in the hub's own store, metrics or log, and no other node hears of it.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { App } from "../app/app.ts"
import { Apps } from "../app/app-registry.ts"
import { LastSeen } from "../app/last-seen.ts"
import type { AppRecord } from "../domain/records.ts"
import { mintToken } from "../edge/auth/mint-token.ts"
import { newSession, sessionTokens } from "../edge/auth/session-token.ts"
import { tokenVerifier } from "../edge/auth/token-verifier.ts"
import { Rooms } from "../edge/delivery/user-rooms.ts"
import { ReadAdmission } from "../edge/end-user/read-admission.ts"
import type { SessionDeps } from "../edge/end-user/session-deps.ts"
import type { Transport } from "../edge/end-user/transport.ts"
import { perform } from "../edge/end-user/user-commands.ts"
import { Session } from "../edge/end-user/user-session.ts"
import { Typing } from "../edge/presence/typing.ts"
import { AddressQuota, DEFAULT_ADDRESS_LIMITS } from "../edge/socket/address-quotas.ts"
import { answerFrame, eventFrame, feedEventFrame } from "../edge/socket/frame-writer.ts"
import { UserQuotas } from "../edge/socket/user-quotas.ts"
import type { Clock } from "../lib/clock.ts"
import { newId, randomToken } from "../lib/ids.ts"
import type { Log } from "../lib/log.ts"
import type { CommandName } from "../protocol/commands.ts"
import { HubError } from "../protocol/errors.ts"
import { DEFAULT_SETTINGS } from "../protocol/settings.ts"
import { MESSAGING } from "../protocol/socket-events.ts"
import { askedBeside } from "../store/asked-beside.ts"
import type { Store } from "../store/contract.ts"

export interface WarmUpParts {
  /** Opens a store in an empty folder. */
  readonly openStore: (dir: string) => Promise<Store>
  /** The hub's own store, where it is of another kind: it is asked the same, and nothing is changed in it. */
  readonly own?: Store
  readonly clock: Clock
  readonly log: Log
}

/** The start waits no longer for the hub's own store, and begins no further round. */
const LONGEST_MS = 300
/** A disk that does not answer by then is not waited for. */
const GIVEN_UP_MS = 5_000
/** So many visitors of each partition sign in; only one, where the time is over before. */
const ROUNDS = 2

/**
 * Never rejects: a node that could not be warmed up starts all the same. The throwaway store is closed when it resolves, for
 * a process that ends while LMDB closes a store may end by a signal.
 */
export async function warmUp({ openStore, own, clock, log }: WarmUpParts): Promise<void> {
  const played = onThrowawayStore(openStore, async (store) => {
    if (!own) return play(store, clock)
    const beside = askedBeside(store, own)
    await play(beside.store, clock)
    await within(clock, LONGEST_MS, beside.settled())
  }).catch((error: unknown) =>
    log.warn("the node is not warmed up, so the first login takes longer", { error }),
  )
  await within(clock, GIVEN_UP_MS, played)
}

async function within(clock: Clock, ms: number, done: Promise<void>): Promise<void> {
  let cancel = (): void => undefined
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve)
  })
  await Promise.race([done, late])
  cancel()
}

async function onThrowawayStore(
  openStore: WarmUpParts["openStore"],
  use: (store: Store) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "tributary-warm-up-"))
  try {
    const store = await openStore(dir)
    try {
      await use(store)
    } finally {
      await store.close()
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** With two, a merge within a partition and one across are both played. */
const PARTITIONS = 2
/** Of the person: more than a state shows, and so many at once that their conversation counts as busy. */
const MESSAGES = 60

async function play(store: Store, clock: Clock): Promise<void> {
  const until = clock.now() + LONGEST_MS
  const key = { kid: "warm-up", role: "user", secret: randomToken(32), createdAt: clock.now() } as const
  const record: AppRecord = {
    id: "warm-up",
    settings: DEFAULT_SETTINGS,
    createdAt: clock.now(),
    partitions: PARTITIONS,
    keys: [key],
  }
  const apps = new Apps(store)
  const deps = depsOf(clock)
  try {
    const app = await apps.create(record)
    const claims = { scope: "user", external_id: "somebody", name: "Somebody" }
    const { token: jwt } = await mintToken(key, claims, clock.now(), 60)
    const person = await Device.open(app, deps, 0)
    await person.signIn(jwt)
    await Promise.all(Array.from({ length: MESSAGES }, (_, n) => person.say(`message ${n}`)))
    for (let round = 0; round === 0 || (round < ROUNDS && clock.now() < until); round += 1) {
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const visitor = await Device.open(app, deps, partition)
        await visitor.say("who is there?")
        await visitor.signIn(jwt)
        visitor.close()
      }
    }
    person.close()
    await deps.lastSeen.flush()
  } finally {
    await apps.close()
  }
}

/** What a session needs, as `createHub` gives it; but no other user is there to be told. */
function depsOf(clock: Clock): SessionDeps<Session> {
  const tokens = tokenVerifier()
  const visitors = sessionTokens(randomToken(32))
  return {
    clock,
    rooms: new Rooms({
      broadcast: (_room, _userId, event) => void feedEventFrame(event),
      onError: () => undefined,
      onOpen: () => undefined,
      onClose: () => undefined,
    }),
    typing: new Typing(clock, () => undefined),
    lastSeen: new LastSeen(clock, () => undefined),
    readAdmission: new ReadAdmission(clock, new UserQuotas(() => clock.now())),
    verifyUser: (app, jwt) => tokens.user({ jwt, keyOf: (kid) => app.key(kid), now: clock.now() }),
    verifyHelpCenter: () => Promise.reject(new HubError("forbidden")),
    agentsOnline: () => false,
    sessionToken: (appId, session) => visitors.sign(appId, session),
    judge: () => Promise.resolve(),
    cut: () => undefined,
  }
}

/** A device whose socket leads nowhere. */
class Device {
  readonly #session: Session
  #commands = 0

  private constructor(session: Session) {
    this.#session = session
  }

  static async open(app: App, deps: SessionDeps<Session>, partition: number): Promise<Device> {
    const visitor = newSession(newId("usr", partition), deps.clock.now())
    const device = { id: newId("dev", 0), channel: "web" } as const
    const session = new Session(app, device, { kind: "anonymous", ...visitor }, deps, nowhere())
    const { situation, offset } = await session.enter(visitor.userId, { fresh: true })
    session.transport.ready(session.state("connect", situation))
    session.release(offset)
    return new Device(session)
  }

  say(text: string): Promise<void> {
    return this.#command("message:send", { localId: `${this.#commands}`, content: { type: "text", text } })
  }

  signIn(jwt: string): Promise<void> {
    return this.#command("login", { jwt })
  }

  close(): void {
    this.#session.close()
  }

  async #command(name: CommandName, body: object): Promise<void> {
    this.#commands += 1
    const { result, afterwards } = await perform(this.#session, name, body)
    answerFrame(MESSAGING, `${this.#commands}`, { ok: true, result })
    afterwards?.()
  }
}

function nowhere(): Transport {
  let room: string | undefined
  return {
    id: randomToken(15),
    address: new AddressQuota("", false, DEFAULT_ADDRESS_LIMITS),
    ready: (state) => void eventFrame(MESSAGING, "ready", state),
    event: (event) => void feedEventFrame(event),
    signal: (name, data) => void eventFrame(MESSAGING, name, data),
    get inRoom() {
      return room !== undefined
    },
    joinRoom(next) {
      room = next?.name
    },
  }
}
