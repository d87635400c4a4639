/** Everything around `reduce.ts`: gives it the inputs, and has the effects performed by the parts of the client. */
import { type Account, newAccount } from "./account.ts"
import type { ClientContext } from "./client-context.ts"
import type { Effect, Happening, Performers, TimerName } from "./client-inputs.ts"
import type { Settings } from "./client-options.ts"
import { initial, isUsable, statusOf } from "./client-state.ts"
import type { ClientEvents } from "./client-status.ts"
import { deviceStorage } from "./device-storage.ts"
import type { Emitter } from "./emitter.ts"
import { gapRecovery } from "./gap-recovery.ts"
import { type HubConnection, hubConnection } from "./hub-connection.ts"
import { newLocalId } from "./local-id.ts"
import { otherTabs } from "./other-tabs.ts"
import { type PendingCalls, pendingCalls } from "./pending-calls.ts"
import { reduce } from "./reduce.ts"
import { reducerLoop } from "./reducer-loop.ts"
import { tabOpener } from "./tab-channel.ts"
import { type OthersTyping, type OwnTyping, othersTyping, ownTyping } from "./typing-signals.ts"

export interface ClientRuntime {
  readonly context: ClientContext
  readonly calls: PendingCalls
  readonly account: Account
  readonly ownTyping: OwnTyping
  readonly othersTyping: OthersTyping
  readonly connection: Pick<HubConnection, "agentsOnline">
  /** Reads what an earlier run of the page left; connecting waits for it. */
  load(): Promise<void>
}

export function createRuntime(
  settings: Settings,
  { emit }: Emitter<ClientEvents>,
  changed: () => void,
): ClientRuntime {
  const { clock, random, helpCenter = false, patienceMs } = settings
  const opener = tabOpener(settings.tabs)
  const timers = new Map<TimerName, () => void>()
  let state = initial({ alone: !opener, helpCenter, patienceMs })

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
    calls.lookAgain()
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
  const tabs = otherTabs(context, device, sender, opener)
  const connection = hubConnection(context, { device, account, recovery, others })

  const stopTyping = (): void => {
    own.forget()
    others.forget()
  }

  const stopTimer = ({ name }: { readonly name: TimerName }): void => timers.get(name)?.()

  const performers: Performers = {
    ...calls,
    ...keeper,
    ...connection,
    ...recovery,
    ...tabs,
    logout: (effect) => keeper.lockBriefly(() => connection.logout(effect)),
    end() {
      connection.close()
      for (const stop of timers.values()) stop()
      recovery.stop()
      stopTyping()
      sender.disconnected()
      keeper.unlock()
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
      tabs.stop()
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
    connection,
    async load() {
      await device.load()
      if (state.phase.at === "closed") return device.leave()
      await tabs.begin()
      dispatch({ type: "loaded" })
    },
  }
}
