/** Everything around `reduce.ts`: gives it the inputs, and has the effects performed by the parts of the client. */
import { type Account, newAccount } from "./account.ts"
import type { ClientContext } from "./client-context.ts"
import type { ClientError } from "./client-error.ts"
import { isCutShort } from "./client-feed.ts"
import type { Effect, Happening, Performers, TimerName } from "./client-inputs.ts"
import type { Settings } from "./client-options.ts"
import type { Link } from "./client-socket.ts"
import { initial, isUsable, obstacle, statusOf } from "./client-state.ts"
import type { ClientEvents } from "./client-status.ts"
import { deviceStorage } from "./device-storage.ts"
import type { Emitter } from "./emitter.ts"
import { notConnected } from "./error-makers.ts"
import { gapRecovery } from "./gap-recovery.ts"
import { hubConnection } from "./hub-connection.ts"
import { newLocalId } from "./local-id.ts"
import { type PendingCalls, pendingCalls } from "./pending-calls.ts"
import { reduce } from "./reduce.ts"
import { reducerLoop } from "./reducer-loop.ts"
import { openTabs, type TabChannel, tabOpener } from "./tab-channel.ts"
import { tabDrafts } from "./tab-drafts.ts"
import { askHost } from "./token-source.ts"
import { type OthersTyping, type OwnTyping, othersTyping, ownTyping } from "./typing-signals.ts"
import { listenToPage } from "./visibility.ts"

export interface ClientRuntime {
  readonly context: ClientContext
  readonly calls: PendingCalls
  readonly account: Account
  readonly ownTyping: OwnTyping
  readonly othersTyping: OthersTyping
  readonly agentsOnline: boolean | undefined
  /** Reads what an earlier run of the page left; connecting waits for it. */
  load(): Promise<void>
  /** A connection; or why there is none, if waiting does not help or has taken too long. */
  usable(untilMs: number): Promise<Link | ClientError>
}

export function createRuntime(
  settings: Settings,
  { emit }: Emitter<ClientEvents>,
  changed: () => void,
): ClientRuntime {
  const { clock, random, helpCenter = false, patienceMs } = settings
  const opener = tabOpener(settings.tabs)
  const timers = new Map<TimerName, () => void>()
  const waiters: (() => void)[] = []
  let state = initial({ alone: !opener, helpCenter, patienceMs })
  let tabs: TabChannel | undefined
  let agentsOnline: boolean | undefined

  const { dispatch, tell } = reducerLoop<Happening>((happening) => {
    const before = state
    const decided = reduce(before, { ...happening, at: clock.now(), chance: random(), tag: newLocalId() })
    state = decided.state
    for (const effect of decided.effects) {
      // The performer of this very kind of effect; TypeScript does not follow the name through the table.
      const perform = performers[effect.do] as (effect: Effect) => void
      perform(effect)
    }
    const status = statusOf(state)
    if (JSON.stringify(statusOf(before)) !== JSON.stringify(status)) context.tell("status", status)
    for (const look of waiters.splice(0)) look()
    if (before.record !== state.record || before.expected !== state.expected) changed()
    if (!isUsable(state) || isUsable(before)) return
    sender.pump()
    recovery.beat()
  })

  const context: ClientContext = {
    settings,
    changed,
    dispatch,
    tell: (name, event) => tell(() => emit(name, event)),
    share: (news) => tabs?.postMessage(news),
    get state() {
      return state
    },
    get line() {
      return isUsable(state) ? connection.link : undefined
    },
  }

  const calls = pendingCalls(context)
  const device = deviceStorage(context)
  const { keeper } = device
  const account = newAccount(context, device)
  const { sender } = account
  const recovery = gapRecovery(context, account)
  const others = othersTyping(clock, changed)
  const own = ownTyping(clock, (conversationId, active) =>
    context.line?.command(active ? "typing:start" : "typing:stop", { conversationId }, () => undefined),
  )
  const drafts = tabDrafts(context, device, sender)
  const connection = hubConnection(context, {
    device,
    account,
    heard: {
      event(event) {
        account.receive(event)
        if (isCutShort(event)) recovery.renew()
        else recovery.check()
      },
      head: recovery.beat,
      typing(typing) {
        others.hear(typing)
        context.tell("typing", typing)
      },
      presence(presence) {
        agentsOnline = presence.agentsOnline
        changed()
        context.tell("presence", presence)
      },
    },
  })
  const stopListening = listenToPage({
    woke() {
      dispatch({ type: "woke" })
      drafts.look()
    },
    leaves: drafts.leave,
    stored(key) {
      if ((key ?? keeper.key) === keeper.key) dispatch({ type: "tabNews", news: { type: "changed" } })
    },
  })

  const stopTyping = (): void => {
    own.forget()
    others.forget()
  }

  const stopTimer = ({ name }: { readonly name: TimerName }): void => timers.get(name)?.()

  const performers: Performers = {
    ...calls,
    ...keeper,
    open: connection.open,
    login: connection.login,
    logout: (effect) => keeper.lockBriefly(() => connection.logout(effect)),
    end() {
      connection.close()
      for (const stop of timers.values()) stop()
      recovery.stop()
      stopTyping()
      sender.disconnected()
      keeper.unlock()
    },
    probe: recovery.probe,
    share: ({ news }) => context.share(news),
    async fetchToken({ no, source }) {
      const getToken = source.via === "tab" ? undefined : calls.getToken(source.id)
      dispatch({ type: "tokenFetched", no, token: await askHost(getToken, clock) })
    },
    introduce(effect) {
      others.forget()
      account.introduce(effect)
    },
    forget(effect) {
      stopTyping()
      account.forget(effect)
    },
    tell: ({ event }) => context.tell("auth", event),
    complain: ({ error }) => context.tell("error", error),
    abandon() {
      stopListening()
      drafts.leave()
      drafts.stop()
      tabs?.close()
      tabs = undefined
      sender.abandon()
    },
    startTimer({ name, ms }) {
      stopTimer({ name })
      timers.set(
        name,
        clock.after(ms, () => dispatch({ type: "timer", name })),
      )
    },
    stopTimer,
  }

  return {
    context,
    calls,
    account,
    ownTyping: own,
    othersTyping: others,
    get agentsOnline() {
      return agentsOnline
    },
    async load() {
      await device.load()
      if (state.phase.at === "closed") return device.leave()
      tabs = openTabs(opener, device.prefix + device.deviceId, (news) => {
        if (news.type === "drafts") drafts.lookSoon()
        else dispatch({ type: "tabNews", news })
      })
      await drafts.begin()
      dispatch({ type: "loaded" })
    },
    async usable(untilMs) {
      for (;;) {
        const why = context.line ?? obstacle(state)
        if (why) return why
        const leftMs = untilMs - clock.now()
        if (leftMs <= 0) return notConnected()
        await new Promise<void>((resolve) => {
          const cancel = clock.after(leftMs, resolve)
          waiters.push(() => {
            cancel()
            resolve()
          })
        })
      }
    },
  }
}
