/** Everything around `reduce.ts`: gives it the inputs, and performs the effects. */
import { Account } from "./account.ts"
import type { ClientContext } from "./client-context.ts"
import type { ClientError } from "./client-error.ts"
import { noToken, notConnected } from "./client-errors.ts"
import { isCutShort } from "./client-feed.ts"
import type { Effect, TimerName } from "./client-inputs.ts"
import type { Settings } from "./client-options.ts"
import type { Link } from "./client-socket.ts"
import { type ClientState, initial, isUsable, obstacle, statusOf } from "./client-state.ts"
import type { ClientEvents, Status } from "./client-status.ts"
import { DeviceStorage } from "./device-storage.ts"
import type { Emitter } from "./emitter.ts"
import { GapRecovery } from "./gap-recovery.ts"
import { HubConnection, type HubConnectionParts } from "./hub-connection.ts"
import { PendingCalls } from "./pending-calls.ts"
import { ReducerLoop } from "./reducer-loop.ts"
import { openTabs, type TabChannel, type TabNews, tabOpener } from "./tab-channel.ts"
import { TabDrafts } from "./tab-drafts.ts"
import { askHost } from "./token-source.ts"
import { OthersTyping, OwnTyping } from "./typing-signals.ts"
import { listenToPage } from "./visibility.ts"

type Performers = { readonly [Do in Effect["do"]]: (effect: Effect & { do: Do }) => void }

export class ClientRuntime implements ClientContext {
  readonly settings: Settings
  readonly changed: () => void
  readonly calls = new PendingCalls()
  readonly device: DeviceStorage
  readonly account: Account
  readonly ownTyping: OwnTyping
  readonly othersTyping: OthersTyping
  agentsOnline: boolean | undefined
  readonly #emitter: Emitter<ClientEvents>
  readonly #connection: HubConnection
  readonly #recovery: GapRecovery
  readonly #loop: ReducerLoop
  readonly #drafts: TabDrafts
  readonly #timers = new Map<TimerName, () => void>()
  readonly #waiters = new Set<() => void>()
  #tabs: TabChannel | undefined
  #stopListening: () => void

  constructor(settings: Settings, emitter: Emitter<ClientEvents>, changed: () => void) {
    const { clock, random, tabs, helpCenter, patienceMs } = settings
    this.settings = settings
    this.changed = changed
    this.#emitter = emitter
    this.#loop = new ReducerLoop(
      initial({ alone: !tabOpener(tabs), helpCenter: helpCenter === true, patienceMs }),
      { clock, random, perform: (effects, before) => this.#perform(effects, before) },
    )
    this.device = new DeviceStorage(this)
    this.account = new Account(this, this.device)
    this.#recovery = new GapRecovery(this, this.account)
    this.ownTyping = new OwnTyping(clock, (conversationId, active) =>
      this.line?.command(active ? "typing:start" : "typing:stop", { conversationId }, () => undefined),
    )
    this.othersTyping = new OthersTyping(clock, changed)
    this.#connection = new HubConnection(this, {
      device: this.device,
      account: this.account,
      heard: this.#heard,
    })
    this.#drafts = new TabDrafts(this, this.device, this.account.sender)
    this.#stopListening = listenToPage({
      woke: () => {
        this.dispatch({ type: "woke" })
        this.#drafts.look()
      },
      leaves: () => this.#drafts.leave(),
      stored: (key) => {
        if (this.device.isSession(key)) this.dispatch({ type: "tabNews", news: { type: "changed" } })
      },
    })
  }

  get state(): ClientState {
    return this.#loop.state
  }

  get status(): Status {
    return statusOf(this.state)
  }

  get line(): Link | undefined {
    return isUsable(this.state) ? this.#connection.link : undefined
  }

  readonly dispatch: ReducerLoop["dispatch"] = (happening) => this.#loop.dispatch(happening)

  readonly tell: Emitter<ClientEvents>["emit"] = (name, event) =>
    this.#loop.tell(() => this.#emitter.emit(name, event))

  share(news: TabNews): void {
    this.#tabs?.postMessage(news)
  }

  /** Reads what an earlier run of the page left; connecting waits for it. */
  async load(): Promise<void> {
    const { device } = this
    await device.load()
    if (this.state.phase.at === "closed") return device.leave()
    this.#tabs = openTabs(tabOpener(this.settings.tabs), `${device.prefix}${device.deviceId}`, (news) => {
      if (news.type === "drafts") this.#drafts.lookSoon()
      else this.dispatch({ type: "tabNews", news })
    })
    await this.#drafts.begin()
    this.dispatch({ type: "loaded" })
  }

  /** A connection; or why there is none, if waiting does not help or has taken too long. */
  async usable(untilMs: number): Promise<Link | ClientError> {
    const { clock } = this.settings
    for (;;) {
      const why = this.line ?? obstacle(this.state)
      if (why) return why
      if (clock.now() >= untilMs) return notConnected()
      await new Promise<void>((resolve) => {
        const look = (): void => {
          cancel()
          this.#waiters.delete(look)
          resolve()
        }
        const cancel = clock.after(untilMs - clock.now(), look)
        this.#waiters.add(look)
      })
    }
  }

  readonly #heard: HubConnectionParts["heard"] = {
    event: (event) => {
      this.account.receive(event)
      if (isCutShort(event)) this.#recovery.renew()
      else this.#recovery.check()
    },
    head: ({ offset }) => this.#recovery.head(offset),
    typing: (typing) => {
      this.othersTyping.hear(typing.conversationId, typing.author, typing.active)
      this.tell("typing", typing)
    },
    presence: (presence) => {
      this.agentsOnline = presence.agentsOnline
      this.changed()
      this.tell("presence", presence)
    },
  }

  #perform(effects: readonly Effect[], before: ClientState): void {
    for (const effect of effects) {
      // The performer of this very kind of effect; TypeScript does not follow the name through the table.
      const perform = this.#performers[effect.do] as (effect: Effect) => void
      perform(effect)
    }
    const { state, status } = this
    if (JSON.stringify(statusOf(before)) !== JSON.stringify(status)) this.tell("status", status)
    for (const look of [...this.#waiters]) look()
    if (before.record !== state.record || before.expected !== state.expected) this.changed()
    if (!isUsable(state) || isUsable(before)) return
    this.account.sender.pump()
    this.#recovery.check()
  }

  readonly #performers: Performers = {
    open: (effect) => this.#connection.open(effect),
    end: () => this.#end(),
    login: ({ run, no, signed }) => this.#connection.login(run, no, signed),
    logout: ({ run, id, everywhere }) =>
      this.device.keeper.lockBriefly(() => this.#connection.logout(run, id, everywhere)),
    probe: () => this.#recovery.probe(),
    readSession: ({ run }) =>
      this.device.keeper.readSession((record) => this.dispatch({ type: "sessionRead", run, record })),
    unlock: () => this.device.keeper.unlock(),
    readRecord: ({ inTurn }) => this.device.keeper.readRecord(inTurn),
    writeRecord: ({ record }) => this.device.keeper.write(record),
    dropSession: ({ sessionToken }) => this.device.keeper.dropSession(sessionToken),
    share: ({ news }) => this.share(news),
    fetchToken: ({ no, source }) => void this.#fetchToken(no, source.kind === "shared" ? 0 : source.id),
    introduce: ({ state, before, now }) => {
      this.othersTyping.forget()
      this.account.introduce(state, before, now)
    },
    forget: ({ all }) => {
      this.#stopTyping()
      this.account.forget(all)
    },
    connected: () => this.calls.connected(),
    connectFailed: ({ error }) => this.calls.connected(error),
    loginSettled: ({ id, result }) => this.calls.loginSettled(id, result),
    logoutSettled: ({ id, error }) => this.calls.logoutSettled(id, error),
    tell: ({ event }) => this.tell("auth", event),
    complain: ({ error }) => this.tell("error", error),
    abandon: () => this.#abandon(),
    startTimer: ({ name, ms }) => {
      this.#timers.get(name)?.()
      const fired = (): void => this.dispatch({ type: "timer", name })
      this.#timers.set(name, this.settings.clock.after(ms, fired))
    },
    stopTimer: ({ name }) => this.#timers.get(name)?.(),
  }

  #end(): void {
    this.#connection.close()
    for (const stop of this.#timers.values()) stop()
    this.#recovery.stop()
    this.#stopTyping()
    this.account.sender.disconnected()
    this.device.keeper.unlock()
  }

  #stopTyping(): void {
    this.ownTyping.forget()
    this.othersTyping.forget()
  }

  async #fetchToken(no: number, id: number): Promise<void> {
    const getToken = this.calls.getToken(id)
    const token = getToken ? await askHost(getToken, this.settings.clock) : noToken("The login is over.")
    this.dispatch({ type: "tokenFetched", no, token })
  }

  #abandon(): void {
    this.#stopListening()
    this.#drafts.leave()
    this.#drafts.stop()
    this.#tabs?.close()
    this.#tabs = undefined
    this.account.sender.abandon()
  }
}
