/**
 * On whose behalf the client is connected. Whatever happens – a refusal, an expiry, a parked tab – ends in one of
 * two ways: a state from the hub is introduced, or the status says what the host has to do.
 */
import type { SignalData, SignalType } from "../protocol/events.ts"
import type { State } from "../protocol/handshake.ts"
import type { Message } from "../protocol/model.ts"
import { Connector, type Proof } from "./connector.ts"
import { type Deferred, deferred } from "./deferred.ts"
import { Device } from "./device.ts"
import type { Emitter } from "./emitter.ts"
import { asClientError, ClientError, closed, identityChanged, noToken, notConnected } from "./errors.ts"
import { Healer } from "./healer.ts"
import { History } from "./history.ts"
import type { Owner } from "./identity.ts"
import type { Link } from "./link.ts"
import type { Settings } from "./options.ts"
import { Sender } from "./sender.ts"
import { Signing } from "./signing.ts"
import type { ClientEvents, Status } from "./status.ts"
import type { Vault } from "./storage.ts"
import { openTabs, type TabNews, type Tabs } from "./tabs.ts"
import { type GetToken, type LoginResult, Tokens } from "./tokens.ts"
import { onWake } from "./wake.ts"

/** Refusals that speak of the token: asking for another one may help. */
const OF_THE_TOKEN = /^(token|kid|expiry|alg|signature|scope|external_id|email)_/

type Signals = { readonly [S in SignalType]: (data: SignalData[S]) => void }

export class Session {
  readonly settings: Settings
  readonly history: History
  readonly sender: Sender
  readonly #device: Device
  readonly #emitter: Emitter<ClientEvents>
  /** The picture of the host is to be drawn again. */
  readonly #changed: () => void
  readonly #tokens: Tokens
  readonly #connector: Connector
  readonly #signing: Signing
  readonly #healer: Healer
  #tabs: Tabs | undefined
  #status: Status = { state: "offline" }
  #loaded: Promise<void> | undefined
  #entered: Deferred<void> = deferred()
  #stopWake = (): void => undefined
  readonly #signals: Signals = {
    typing: (data) => this.#emitter.emit("typing", data),
    presence: (data) => this.#emitter.emit("presence", data),
    reconnect: ({ afterMs }) => this.#connector.drain(afterMs),
    "auth:expiring": ({ expiresAt }) => {
      this.#emitter.emit("auth", { type: "expiring", expiresAt })
      this.#signing.renew()
    },
    "auth:expired": () => this.#expired(),
    "auth:required": () => this.#parked(),
    "auth:revoked": ({ reason }) => this.#revoked(reason),
  }
  #waiters = new Set<() => void>()

  constructor(settings: Settings, vault: Vault, emitter: Emitter<ClientEvents>, changed: () => void) {
    this.settings = settings
    this.#device = new Device(settings, vault)
    this.#emitter = emitter
    this.#changed = changed
    this.#tokens = new Tokens(settings.clock)
    this.history = new History((fresh) => this.#advanced(fresh))
    this.sender = new Sender({
      settings,
      vault,
      changed,
      deviceId: () => this.#device.id,
      line: () => this.#addressed(),
      stored: (message) => this.history.stored(message),
      unidentified: (error) => this.unidentified(error),
    })
    this.#connector = new Connector({
      settings,
      prove: () => this.#prove(),
      entered: (state, proof) => this.#enter(state, proof),
      refused: (error, proof) => this.#refused(error, proof),
      heard: {
        ready: (state) => this.#introduce(state, undefined),
        event: (event) => this.#heard(() => this.history.receive(event)),
        signal: (name, data) => this.#signals[name](data),
      },
      ended: () => {
        this.#signing.interrupt()
        this.sender.disconnected()
      },
      become: (status) => this.#become(status),
    })
    this.#healer = new Healer({
      settings,
      history: this.history,
      link: () => this.line,
      changed: () => this.#settle(),
      giveUp: (link) => this.#drop(link),
    })
    this.#signing = new Signing({
      settings,
      tokens: this.#tokens,
      link: () => this.#connector.link,
      introduce: (state, jwt) => this.#introduce(state, jwt),
      idle: () => this.#go(),
      drop: (link) => this.#drop(link),
      emit: (event) => emitter.emit("auth", event),
      hand: (jwt) => this.#tabs?.tell({ type: "login", jwt }),
    })
  }

  get status(): Status {
    return this.#status
  }

  /** The connection, while commands of this person may go over it; `undefined` while they must wait. */
  get line(): Link | undefined {
    const live = this.#status.state === "live" || this.#status.state === "stale"
    return live && !this.#signing.busy && this.history.view ? this.#connector.link : undefined
  }

  /** Settles when there is a line, or after `ms`. */
  async lineWithin(ms: number): Promise<Link | undefined> {
    if (this.line) return this.line
    const turn = deferred<void>()
    const cancel = this.settings.clock.after(ms, () => turn.resolve())
    const waiter = (): void => {
      if (this.line) turn.resolve()
    }
    this.#waiters.add(waiter)
    await turn.promise
    cancel()
    this.#waiters.delete(waiter)
    return this.line
  }

  connect(): Promise<void> {
    const { state } = this.#status
    if (state === "offline" || state === "refused") {
      if (state === "refused") this.#entered = deferred()
      this.#stopWake()
      this.#stopWake = onWake(() => this.#wake())
      this.#connector.beginAfresh()
    }
    return this.#entered.promise
  }

  disconnect(): void {
    this.#stopWake()
    this.#connector.end()
    this.#become({ state: "offline" })
  }

  close(): void {
    this.disconnect()
    this.#tabs?.close()
    this.#tabs = undefined
    this.#tokens.forget()
    this.sender.abandon(closed())
    this.#entered.reject(closed())
  }

  login(getToken: GetToken): Promise<LoginResult> {
    const result = this.#tokens.ask(getToken)
    if (this.#connector.link) this.#signing.renew()
    else this.#beginIfOnline()
    return result
  }

  async logout(everywhere: boolean): Promise<void> {
    const { link } = this.#connector
    this.#tabs?.tell({ type: "logout" })
    this.#forgetPerson()
    this.#emitter.emit("auth", { type: "logout" })
    if (link) return await this.#signing.logout(link, everywhere)
    this.#beginIfOnline()
    if (everywhere) throw notConnected()
  }

  /** A command was refused in a way that says that the hub does not know this socket's person any more. */
  unidentified(error: ClientError): void {
    const { state } = this.#status
    if (state !== "live" && state !== "stale") return
    if (error.code === "token_expired") this.#expired()
    else if (error.code === "token_revoked") this.#revoked("key_deleted")
    else this.#parked()
  }

  /** Reads what an earlier run of the page left. */
  load(): Promise<void> {
    this.#loaded ??= this.#load()
    return this.#loaded
  }

  async #load(): Promise<void> {
    try {
      this.sender.restore(await this.#device.load())
    } catch (cause) {
      this.#emitter.emit("error", asClientError(cause))
    }
    const { url, appId, tabs } = this.settings
    this.#tabs = openTabs(tabs, `tributary:${appId}:${url}:${this.#device.id}`, (news) => this.#hearTab(news))
  }

  /** The proofs of a handshake: the visitor's session, a token that was asked for this very moment, or both. */
  async #prove(): Promise<Proof | undefined> {
    await this.load()
    const { source } = this.#tokens
    const jwt = source && (await this.#fetch(source))
    if (jwt === undefined && this.history.owner?.externalId !== undefined && !this.settings.helpCenter) {
      this.#emitter.emit("auth", { type: "required", reason: "token_expired" })
      this.#refuse(noToken("Somebody is signed in here, and there is no getToken to prove it again."))
      return undefined
    }
    const auth = this.#device.auth(jwt, this.history.view?.cursor)
    return source && jwt !== undefined ? { auth, signed: { source, jwt } } : { auth }
  }

  async #fetch(source: NonNullable<Tokens["source"]>): Promise<string> {
    try {
      return await this.#tokens.fetch(source)
    } catch (cause) {
      this.#emitter.emit("auth", { type: "token_failed", error: asClientError(cause) })
      throw cause
    }
  }

  #enter(state: State, { signed }: Proof): void {
    this.#introduce(state, signed?.jwt)
    if (signed) this.#signing.accepted(signed.source, signed.jwt, state)
    this.#entered.resolve()
  }

  /** A state takes over, whoever asked for it. */
  #introduce(state: State, jwt: string | undefined): void {
    // Another tab of this device signed out.
    if (state.reason === "logout" && this.history.owner) {
      this.#forgetPerson()
      this.#emitter.emit("auth", { type: "logout" })
    }
    const { before, now, fresh } = this.history.introduce(state, jwt)
    this.#device.introduced(state)
    const told = (state.conversations ?? []).flatMap(({ messages }) => messages ?? [])
    this.sender.settle([...told, ...fresh])
    this.sender.identify(before, now, state.reason)
    this.#become({ state: "live" })
    this.#changed()
    for (const message of fresh) this.#emitter.emit("message", message)
  }

  #advanced(fresh: readonly Message[]): void {
    this.sender.settle(fresh)
    this.#changed()
    for (const message of fresh) this.#emitter.emit("message", message)
  }

  #heard(act: () => void): void {
    act()
    this.#settle()
    this.#healer.check()
  }

  /** Stale or live, as the history is. */
  #settle(): void {
    const { state } = this.#status
    const { stale } = this.history
    if (state === "live" && stale) this.#become({ state: "stale", since: this.settings.clock.now() })
    else if (state === "stale" && !stale) this.#become({ state: "live" })
  }

  #expired(): void {
    this.#become({ state: "expired" })
    this.#emitter.emit("auth", { type: "expired" })
    if (this.#tokens.source) this.#signing.renew()
    else this.#emitter.emit("auth", { type: "required", reason: "token_expired" })
  }

  #parked(): void {
    this.#become({ state: "parked", reason: "session_moved" })
    if (this.#tokens.source) this.#signing.renew()
    else this.#emitter.emit("auth", { type: "required", reason: "session_moved" })
  }

  #revoked(reason: "key_deleted" | "logout"): void {
    this.#become({ state: "revoked", reason })
    this.#emitter.emit("auth", { type: "revoked", reason })
    // Logged out everywhere means here too – unless the host at once proves otherwise.
    const forget = (): void => {
      if (reason === "logout" && this.#status.state === "revoked") this.#forgetPerson()
    }
    if (this.#tokens.source) this.#signing.renewOnce(forget)
    else forget()
  }

  #refused(error: ClientError, { auth, signed }: Proof): void {
    const sessionOver = error.code === "session_consumed" || error.code === "session_invalid"
    if (sessionOver && auth.sessionToken !== undefined) {
      this.#sessionOver(error, signed !== undefined)
      return
    }
    if (signed) this.#signing.refusedAtTheDoor(signed.source, error, OF_THE_TOKEN.test(error.code))
    // A login that fails changes nothing: the one before it goes on.
    const another = this.#tokens.source && this.#tokens.source !== signed?.source
    if (error.retryable || (signed && another)) {
      this.#connector.retry(error)
      return
    }
    // Logged out everywhere, while this device was away.
    if (error.code === "token_revoked") this.#forgetPerson()
    this.#refuse(error)
  }

  /** If the visitor became somebody, and no one here can say who, his drafts are not for the next visitor. */
  #sessionOver(error: ClientError, signing: boolean): void {
    if (!signing && error.code === "session_consumed") this.#forgetPerson()
    this.#device.sessionOver()
    this.#connector.begin()
  }

  #refuse(error: ClientError): void {
    this.#connector.end()
    this.#become({ state: "refused", error })
    this.#emitter.emit("error", error)
    this.#entered.reject(error)
  }

  #drop(link: Link): void {
    if (this.#connector.link === link)
      this.#connector.retry(new ClientError("timeout", "The hub does not answer.", true))
  }

  #beginIfOnline(): void {
    if (this.#status.state !== "offline") this.#connector.beginAfresh()
  }

  #wake(): void {
    if (this.#status.state === "waiting") this.#connector.beginAfresh()
    else this.#healer.probe()
  }

  #hearTab(news: TabNews): void {
    const signedIn = this.history.owner?.externalId !== undefined
    if (news.type === "logout") {
      if (!signedIn && !this.#tokens.source) return
      this.#forgetPerson()
      this.#emitter.emit("auth", { type: "logout" })
      this.#beginIfOnline()
      return
    }
    this.#tokens.hand(news.jwt)
    const { state } = this.#status
    const follows = this.#tokens.source?.kind === "handed"
    if (state === "parked" || (follows && signedIn)) this.#signing.renew()
    else if (follows && state === "refused") this.#connector.beginAfresh()
  }

  /** Not a byte of the person stays: not in the view, not in the outbox, not in the storage. */
  #forgetPerson(): void {
    this.#tokens.forget()
    this.#device.forget()
    this.sender.forget(identityChanged())
    this.history.forget()
  }

  #addressed(): { link: Link; owner: Owner } | undefined {
    const { owner } = this.history
    const { line } = this
    return line && owner ? { link: line, owner } : undefined
  }

  /** Whoever waits for a line may look again. */
  #go(): void {
    for (const waiter of [...this.#waiters]) waiter()
    this.sender.pump()
  }

  #become(status: Status): void {
    this.#status = status
    this.#emitter.emit("status", status)
    if (status.state === "live") this.#go()
  }
}
