/**
 * The apps a node serves. Each is loaded once and kept up to date by its control logs, which every node follows: a
 * deleted key or a changed setting holds everywhere as soon as it is stored (docs/protocol.md 4.4).
 */
import { setTimeout as delay } from "node:timers/promises"
import type { ChangeSet } from "../domain/change-set.ts"
import type { ControlPayload } from "../domain/log-payloads.ts"
import type { AppRecord } from "../domain/records.ts"
import { fullJitter } from "../lib/backoff.ts"
import { HubError } from "../protocol/errors.ts"
import { allFollowing, Partition } from "../repository/partition.ts"
import { type Contention, transact, UNOBSERVED } from "../repository/transact.ts"
import type { Following, Store } from "../store/contract.ts"
import { App } from "./app.ts"
import { tellOverdueProfiles } from "./profile-news.ts"
import { isFault } from "./showable.ts"

/**
 * What sockets have to act on: an entry of a control log; `recheck`, when entries may have been missed and records have to be
 * read; or `gone`, when the app does not exist any more.
 */
export type Control = ControlPayload | { readonly kind: "recheck" | "gone" }

interface Served {
  readonly app: App
  readonly following: readonly Following[]
}

export class Apps {
  readonly #store: Store
  readonly #contention: Contention
  readonly #development: boolean
  readonly #served = new Map<string, Promise<Served>>()
  #closed = false
  #watching: Promise<void> | undefined
  readonly #listeners = new Set<(app: App, control: Control) => void>()

  /** @param development whether apps that were made in development are served */
  constructor(store: Store, contention: Contention = UNOBSERVED, development = false) {
    this.#store = store
    this.#contention = contention
    this.#development = development
  }

  /** @throws HubError `app_not_found` */
  async get(appId: string): Promise<App> {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(appId)) throw new HubError("app_not_found")
    let served = this.#served.get(appId)
    if (!served) {
      served = this.#serve(appId)
      this.#served.set(appId, served)
      served.catch(() => this.#served.delete(appId))
    }
    return (await served).app
  }

  /** Called for each entry of the control logs of every served app, after the app itself is up to date. */
  onControl(listener: (app: App, control: Control) => void): void {
    this.#listeners.add(listener)
  }

  /** @throws HubError `conflict` if the id is taken */
  async create(record: AppRecord): Promise<App> {
    const partition = this.#first(record.id)
    await transact({ contention: this.#contention }, "app:create", async (reads) => {
      const versioned = await reads.get(partition, "app", "")
      if (versioned.value) throw new HubError("conflict", "An app has this id.")
      const changeSet: ChangeSet = {
        expect: [versioned],
        put: [{ kind: "app", id: "", value: record }],
        // Nodes that served an app with this id before the store was emptied learn that it is another one.
        append: [{ to: "control", payload: { kind: "app" } }],
      }
      return { partition, changeSet, committed: () => undefined }
    })
    const app = await this.get(record.id)
    app.replace(record)
    return app
  }

  /** Changes the app's record by a pure function of its present value; all nodes are told. */
  async change(appId: string, change: (record: AppRecord) => AppRecord): Promise<AppRecord> {
    const app = await this.get(appId)
    const partition = app.partition(0)
    const value = await transact<AppRecord>(app, "app:change", async (reads) => {
      const versioned = await reads.get(partition, "app", "")
      if (!versioned.value) throw new HubError("app_not_found")
      const value = change(versioned.value)
      const changeSet: ChangeSet = {
        expect: [versioned],
        put: [{ kind: "app", id: "", value }],
        append: [{ to: "control", payload: { kind: "app" } }],
      }
      return { partition, changeSet, committed: () => value }
    })
    app.replace(value)
    return value
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const served of await Promise.allSettled(this.#served.values())) {
      if (served.status !== "fulfilled") continue
      for (const following of served.value.following) following.stop()
      await served.value.app.background.idle()
    }
    this.#served.clear()
  }

  #first(appId: string): Partition {
    return new Partition(this.#store, appId, 0, false)
  }

  async #serve(appId: string): Promise<Served> {
    const { value } = await this.#first(appId).get("app", "")
    // An app of development opens nothing in production, because any caller could get tokens of its keys.
    if (!value || (value.development && !this.#development)) throw new HubError("app_not_found")
    const app = new App(this.#store, value, this.#contention)
    await Promise.all(app.partitions.slice(1).map((partition) => partition.found()))
    const following = await allFollowing(
      app.partitions.map((partition) =>
        partition.followControl({
          entry: (control) => void this.#onEntry(app, control),
          broken: () => void this.#recheck(app),
        }),
      ),
    )
    await this.#refresh(app)
    this.#watching ??= this.#watch()
    return { app, following }
  }

  /**
   * A store that was emptied announces nothing, so one app after another is looked up; where one is gone, all of them are
   * looked up. In between, overdue profile events are told.
   */
  async #watch(): Promise<void> {
    // At random, so that nodes that were started together do not do this together.
    const phase = Math.floor(Math.random() * SWEEPS)
    for (let turn = 0; !this.#closed; turn += 1) {
      await delay(WATCH_MS, undefined, { ref: false })
      const served = await Promise.allSettled(this.#served.values())
      const apps = served.flatMap((one) => (one.status === "fulfilled" ? [one.value.app] : []))
      const app = apps[turn % apps.length]
      if (!app) continue
      if (await this.#isThere(app)) {
        if ((Math.floor(turn / apps.length) + phase) % SWEEPS === 0)
          await tellOverdueProfiles(app).catch((error: unknown) => this.#contention.away("profile", error))
        continue
      }
      await Promise.all(apps.map((one) => this.#refresh(one)))
    }
  }

  /** True also where the store does not answer: that says nothing of what it holds. */
  async #isThere(app: App): Promise<boolean> {
    try {
      return (await app.partition(0).get("app", "")).value !== undefined
    } catch {
      return true
    }
  }

  async #onEntry(app: App, control: Control): Promise<void> {
    if (control.kind === "app") await this.#refresh(app)
    this.#tell(app, control)
  }

  #tell(app: App, control: Control): void {
    for (const listener of this.#listeners) listener(app, control)
  }

  /**
   * [S10] The control log was broken, so entries may have been missed. Everything that they say stands in records, too, which
   * are read now.
   */
  async #recheck(app: App): Promise<void> {
    await this.#refresh(app)
    this.#tell(app, { kind: "recheck" })
  }

  async #refresh(app: App): Promise<void> {
    const found = await this.#insistently(() => app.partition(0).get("app", ""))
    if (found?.value) app.replace(found.value)
    else if (found) this.#forget(app)
  }

  /** The app is gone: its clients are told so, now or when they come. The store refuses what they still write [S15]. */
  #forget(app: App): void {
    const served = this.#served.get(app.id)
    this.#served.delete(app.id)
    this.#tell(app, { kind: "gone" })
    served?.then(({ following }) => following.map((one) => one.stop())).catch(() => undefined)
  }

  /**
   * Asks until the store answers, because the change must not be missed. `undefined`: the hub closed, or the value
   * cannot be read.
   */
  async #insistently<T>(question: () => Promise<T>): Promise<T | undefined> {
    for (let tries = 0; !this.#closed; tries += 1) {
      try {
        return await question()
      } catch (error) {
        this.#contention.away("control", error)
        // A value that cannot be decoded fails each time: the app goes on as this node knows it.
        if (isFault(error) && tries > 0) return undefined
        await delay(fullJitter(tries, RETRY, Math.random()))
      }
    }
    return undefined
  }
}

const WATCH_MS = 1_000
/** Every so many looks at an app, profile events are told that a stopped node has left. */
const SWEEPS = 5
const RETRY = { baseMs: 100, capMs: 5_000 }
