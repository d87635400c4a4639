/**
 * On whose behalf the client is connected. Whatever happens – a refusal, an expiry, a parked tab – ends in one of
 * two ways: a state from the hub is introduced, or the status says what the host has to do.
 */
import type { SignalData, SignalType } from "../protocol/events.ts"
import type { State } from "../protocol/handshake.ts"
import { Connector, type Proof } from "./connector.ts"
import { type Deferred, deferred } from "./deferred.ts"
import type { Emitter } from "./emitter.ts"
import { ClientError, closed, noToken, notConnected } from "./errors.ts"
import { Healer } from "./healer.ts"
import type { History } from "./history.ts"
import type { Link } from "./link.ts"
import { Objections } from "./objections.ts"
import type { Settings } from "./options.ts"
import { Person } from "./person.ts"
import type { Sender } from "./sender.ts"
import { Signing } from "./signing.ts"
import type { ClientEvents, Status } from "./status.ts"
import type { Vault } from "./storage.ts"
import { openTabs, type TabNews, type Tabs } from "./tabs.ts"
import type { GetToken, LoginResult } from "./tokens.ts"
import { onWake } from "./wake.ts"

type Signals = { readonly [S in SignalType]: (data: SignalData[S]) => void }

export class Session {
  readonly settings: Settings
  readonly #emitter: Emitter<ClientEvents>
  /** The picture of the host is to be drawn again. */
  readonly #changed: () => void
  readonly #person: Person
  readonly #connector: Connector
  readonly #signing: Signing
  readonly #healer: Healer
  readonly #objections: Objections
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
    "auth:expired": () => this.#objections.expired(),
    "auth:required": () => this.#objections.parked(),
    "auth:revoked": ({ reason }) => this.#objections.revoked(reason),
  }
  #waiters = new Set<() => void>()

  constructor(settings: Settings, vault: Vault, emitter: Emitter<ClientEvents>, changed: () => void) {
    this.settings = settings
    this.#emitter = emitter
    this.#changed = changed
    this.#person = new Person({
      settings,
      vault,
      emitter,
      changed,
      line: () => this.line,
      unidentified: (error) => this.unidentified(error),
    })
    this.#connector = new Connector({
      settings,
      prove: () => this.#prove(),
      entered: (state, proof) => this.#enter(state, proof),
      refused: (error, proof) => this.#objections.refused(error, proof),
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
      tokens: this.#person.tokens,
      link: () => this.#connector.link,
      introduce: (state, jwt) => this.#introduce(state, jwt),
      idle: () => this.#go(),
      drop: (link) => this.#drop(link),
      emit: (event) => emitter.emit("auth", event),
      hand: (jwt) => this.#tabs?.tell({ type: "login", jwt }),
    })
    this.#objections = new Objections({
      person: this.#person,
      signing: this.#signing,
      connector: this.#connector,
      status: () => this.#status,
      become: (status) => this.#become(status),
      emit: (event) => emitter.emit("auth", event),
      refuse: (error) => this.#refuse(error),
    })
  }

  get history(): History {
    return this.#person.history
  }

  get sender(): Sender {
    return this.#person.sender
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
    this.#person.tokens.forget()
    this.sender.abandon(closed())
    this.#entered.reject(closed())
  }

  login(getToken: GetToken): Promise<LoginResult> {
    const result = this.#person.tokens.ask(getToken)
    if (this.#connector.link) this.#signing.renew()
    else this.#beginIfOnline()
    return result
  }

  async logout(everywhere: boolean): Promise<void> {
    const { link } = this.#connector
    this.#tabs?.tell({ type: "logout" })
    this.#person.signOut()
    if (link) return await this.#signing.logout(link, everywhere)
    this.#beginIfOnline()
    if (everywhere) throw notConnected()
  }

  /** A command was refused in a way that says that the hub does not know this socket's person any more. */
  unidentified(error: ClientError): void {
    this.#objections.unidentified(error)
  }

  /** Reads what an earlier run of the page left. */
  load(): Promise<void> {
    this.#loaded ??= this.#load()
    return this.#loaded
  }

  async #load(): Promise<void> {
    await this.#person.load()
    const { url, appId, tabs } = this.settings
    const name = `tributary:${appId}:${url}:${this.#person.deviceId}`
    this.#tabs = openTabs(tabs, name, (news) => this.#hearTab(news))
  }

  async #prove(): Promise<Proof | undefined> {
    await this.load()
    if (this.#person.provable) return await this.#person.prove()
    this.#emitter.emit("auth", { type: "required", reason: "token_expired" })
    this.#refuse(noToken("Somebody is signed in here, and there is no getToken to prove it again."))
    return undefined
  }

  #enter(state: State, { signed }: Proof): void {
    this.#introduce(state, signed?.jwt)
    if (signed) this.#signing.accepted(signed.source, signed.jwt, state)
    this.#entered.resolve()
  }

  /** A state takes over, whoever asked for it. */
  #introduce(state: State, jwt: string | undefined): void {
    const fresh = this.#person.introduce(state, jwt)
    this.#become({ state: "live" })
    this.#changed()
    this.#person.announce(fresh)
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
    const { signedIn, tokens } = this.#person
    if (news.type === "logout") {
      if (!signedIn && !tokens.source) return
      this.#person.signOut()
      this.#beginIfOnline()
      return
    }
    tokens.hand(news.jwt)
    const { state } = this.#status
    const follows = tokens.source?.kind === "handed"
    if (state === "parked" || (follows && signedIn)) this.#signing.renew()
    else if (follows && state === "refused") this.#connector.beginAfresh()
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
