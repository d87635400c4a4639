/**
 * A browser with several tabs, and a hub, in which everything takes its time: each wire between two of them is a queue,
 * and a test draws which one moves next. The rules of the client and what keeps its session are the real ones.
 *
 * The storage is as Chromium's between processes: a tab sees its own writing at once, others' when it arrives; while
 * its own is on the way it does not see what others wrote to the same key, and what arrived last is stored.
 */

import type { Effect, Happening } from "../../src/client/client-inputs.ts"
import { type ClientState, initial } from "../../src/client/client-state.ts"
import { clientStorage } from "../../src/client/client-storage.ts"
import { reduce } from "../../src/client/reduce.ts"
import { type SessionKeeper, sessionKeeper } from "../../src/client/session-keeper.ts"
import type { TabLocks } from "../../src/client/tab-locks.ts"
import type { Clock } from "../../src/lib/clock.ts"
import { jwt, refusal } from "./given.ts"
import { type Answer, HubModel } from "./hub-model.ts"

type Act = () => void

/** What is on its way, by wire; what is on one wire arrives in order. */
class Wires {
  readonly #wires = new Map<string, Act[]>()

  put(wire: string, act: Act): void {
    const waiting = this.#wires.get(wire)
    if (waiting) waiting.push(act)
    else this.#wires.set(wire, [act])
  }

  /** @returns whether there was something to move */
  move(pick: number): boolean {
    const busy = [...this.#wires].filter(([, acts]) => acts.length > 0)
    const act = busy[pick % busy.length]?.[1].shift()
    act?.()
    return act !== undefined
  }
}

/** One owner at a time, in the order in which they asked. */
function newLocks(): TabLocks {
  let tail = Promise.resolve()
  return {
    request: (_, { signal }, held) => {
      const turn = tail.then(() => (signal?.aborted ? undefined : held({})))
      tail = turn.catch(() => undefined)
      return turn
    },
  }
}

export class TabsModel {
  readonly tabs: readonly TabModel[]
  readonly hub = new HubModel()
  readonly wires = new Wires()
  readonly locks = newLocks()
  at = 1_000_000
  tags = 0
  #stored: string | undefined
  readonly #timers: { due: number; run: Act }[] = []
  readonly clock: Clock = {
    now: () => this.at,
    after: (ms, run) => {
      const timer = { due: this.at + ms, run }
      this.#timers.push(timer)
      return () => {
        const index = this.#timers.indexOf(timer)
        if (index >= 0) this.#timers.splice(index, 1)
      }
    },
  }

  constructor(count: number) {
    this.tabs = Array.from({ length: count }, (_, no) => new TabModel(no, this))
  }

  write(by: TabModel, text: string | undefined): void {
    this.wires.put(`${by.no} stores`, () => {
      const before = this.#stored
      this.#stored = text
      for (const tab of this.tabs)
        this.wires.put(`storage of ${tab.no}`, () => tab.wrote(by === tab, text, before !== text))
    })
  }

  /** Something moves; where nothing is on its way, time does. @returns whether there was anything */
  async step(pick: number): Promise<boolean> {
    this.at += 1
    const moved = this.wires.move(pick) || this.#strike()
    // Locks and storages answer by promises.
    await new Promise<void>((resolve) => setImmediate(resolve))
    return moved
  }

  #strike(): boolean {
    const due = this.#timers.reduce((first, { due }) => Math.min(first, due), Number.POSITIVE_INFINITY)
    if (due === Number.POSITIVE_INFINITY) return false
    this.at = Math.max(this.at, due)
    const index = this.#timers.findIndex((timer) => timer.due === due)
    this.#timers.splice(index, 1)[0]?.run()
    return true
  }
}

export class TabModel {
  readonly no: number
  readonly #browser: TabsModel
  readonly #keeper: SessionKeeper
  readonly #timers = new Map<string, Act>()
  readonly #names = new Map<number, string>()
  state: ClientState
  /** What happened and what was answered, for whoever reads a failure. */
  readonly log: string[] = []
  /** Logins and logouts. */
  readonly asked: number[] = []
  readonly settled: number[] = []
  #seen: string | undefined
  #ownOnTheWay = 0
  readonly #waiting: Happening[] = []
  #running = false

  constructor(no: number, browser: TabsModel) {
    this.no = no
    this.#browser = browser
    this.state = initial({ alone: false, helpCenter: false, patienceMs: 20_000 })
    const put = (text: string | undefined): void => {
      this.#seen = text
      this.#ownOnTheWay += 1
      browser.write(this, text)
    }
    const storage = {
      get: () => this.#seen,
      set: (_: string, text: string) => put(text),
      remove: () => put(undefined),
    }
    this.#keeper = sessionKeeper({
      storage: clientStorage(storage, browser.clock, (error) => {
        throw error
      }),
      clock: browser.clock,
      prefix: "",
      locks: browser.locks,
      dispatch: (happening) => this.happens(happening),
    })
  }

  /** Another tab's writing, or the receipt of its own, has arrived. */
  wrote(own: boolean, text: string | undefined, changed: boolean): void {
    if (own) this.#ownOnTheWay -= 1
    else {
      if (this.#ownOnTheWay === 0) this.#seen = text
      if (changed) this.happens({ type: "tabNews", news: { type: "changed" } })
    }
  }

  begin(): void {
    this.happens({ type: "connect" })
    this.happens({ type: "loaded" })
  }

  login(id: number, externalId: string): void {
    this.asked.push(id)
    this.#names.set(id, externalId)
    this.happens({ type: "login", id })
  }

  logout(id: number): void {
    this.asked.push(id)
    this.happens({ type: "logout", id, everywhere: false })
  }

  lose(): void {
    this.happens({ type: "lost", run: this.state.run, error: refusal("offline", true) })
  }

  happens(happening: Happening): void {
    this.#waiting.push(happening)
    if (this.#running) return
    this.#running = true
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#decide(next)
    this.#running = false
  }

  #decide(happening: Happening): void {
    const { at } = this.#browser
    this.#browser.tags += 1
    const { state, effects } = reduce(this.state, {
      ...happening,
      at,
      chance: 0.5,
      tag: `tag${this.#browser.tags}`,
    })
    this.state = state
    this.log.push(lineOf(at - 1_000_000, happening, state))
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: Effect): void {
    const { wires, hub, tabs, clock } = this.#browser
    const { no } = this
    const say = (act: (answer: (answered: Answer) => void) => void): void =>
      wires.put(`${no} to hub`, () =>
        act((answered) => wires.put(`hub to ${no}`, () => this.happens(answered))),
      )
    switch (effect.do) {
      case "open": {
        const { run, sessionToken, jwt: token } = effect
        const receive = (answered: Answer): void =>
          wires.put(`hub to ${no}`, () => this.#receive(run, answered))
        wires.put(`${no} to hub`, () => hub.open(no, run, sessionToken, token, receive))
        break
      }
      case "end":
        wires.put(`${no} to hub`, () => hub.close(no))
        for (const stop of this.#timers.values()) stop()
        this.#keeper.unlock()
        break
      case "login":
        say((answer) => hub.login(no, effect, answer))
        break
      case "logout":
        this.#keeper.lockBriefly(() => say((answer) => hub.logout(no, effect, answer)))
        break
      case "readSession":
        this.#keeper.readSession(effect)
        break
      case "unlock":
        this.#keeper.unlock()
        break
      case "readRecord":
        this.#keeper.readRecord(effect)
        break
      case "writeRecord":
        this.#keeper.writeRecord(effect)
        break
      case "dropSession":
        this.#keeper.dropSession(effect)
        break
      case "share":
        for (const tab of tabs)
          if (tab !== this)
            wires.put(`${no} to tab ${tab.no}`, () => tab.happens({ type: "tabNews", news: effect.news }))
        break
      case "fetchToken": {
        const { no: fetched, source } = effect
        const name = source.via === "tab" ? undefined : this.#names.get(source.id)
        const token = name === undefined ? refusal("token_unavailable", true) : jwt(name)
        wires.put(`host of ${no}`, () => this.happens({ type: "tokenFetched", no: fetched, token }))
        break
      }
      case "startTimer":
        this.#timers.get(effect.name)?.()
        this.#timers.set(
          effect.name,
          clock.after(effect.ms, () => this.happens({ type: "timer", name: effect.name })),
        )
        break
      case "stopTimer":
        this.#timers.get(effect.name)?.()
        break
      case "settled":
        this.settled.push(effect.id)
        break
      default:
    }
  }

  /** What comes on an earlier connection is ignored, as `hub-connection.ts` does. */
  #receive(run: number, answered: Answer): void {
    if (run === this.state.run) this.happens(answered)
  }
}

const lineOf = (at: number, happening: Happening, { phase, owner, record }: ClientState): string => {
  const { type, ...more } = happening
  const what = JSON.stringify(more, (key, value) =>
    key === "conversations" || key === "settings" || key === "profile" || key === "device"
      ? undefined
      : value,
  )
  return `${at} ${type} ${what} -> ${phase.at} ${owner?.userId} ${JSON.stringify(record)}`
}
