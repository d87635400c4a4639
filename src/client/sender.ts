/** Sends what the outbox lets go, and tells whoever typed it what became of it. */

import { fullJitter } from "../lib/backoff.ts"
import type { Body } from "../protocol/commands.ts"
import type { ReadyReason } from "../protocol/handshake.ts"
import type { Message } from "../protocol/model.ts"
import { type Deferred, deferred } from "./deferred.ts"
import { ClientError, curedByLogin, identityChanged } from "./errors.ts"
import { fateOf, type Owner } from "./identity.ts"
import type { Link } from "./link.ts"
import type { Settings } from "./options.ts"
import * as box from "./outbox.ts"
import type { Vault } from "./storage.ts"

export interface SenderParts {
  readonly settings: Settings
  readonly vault: Vault
  readonly deviceId: () => string | undefined
  /** Where to send, while this person may; else `undefined`. */
  readonly line: () => { readonly link: Link; readonly owner: Owner } | undefined
  readonly stored: (message: Message) => void
  /** A refusal that only a login can cure. */
  readonly unidentified: (error: ClientError) => void
  readonly changed: () => void
}

const BACKOFF = { baseMs: 500, capMs: 30_000 }

export class Sender {
  readonly #parts: SenderParts
  readonly #results = new Map<string, Deferred<Message>>()
  #outbox = box.EMPTY
  #stopTimer = (): void => undefined

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  get outbox(): box.Outbox {
    return this.#outbox
  }

  restore(drafts: readonly box.Draft[]): void {
    this.#outbox = box.restore(this.#outbox, drafts)
    this.#parts.changed()
  }

  send(body: Body<"message:send">, owner: Owner | undefined): Promise<Message> {
    if (box.pending(this.#outbox).length >= box.MOST_ENTRIES) {
      return Promise.reject(
        new ClientError("outbox_full", `${box.MOST_ENTRIES} messages wait to be sent.`, true),
      )
    }
    const draft = { body, typedAt: this.#parts.settings.clock.now(), ...(owner && { owner }) }
    const result = deferred<Message>()
    this.#results.set(body.localId, result)
    this.#outbox = box.add(this.#outbox, draft)
    this.#keep([body.localId])
    this.#parts.changed()
    this.pump()
    return result.promise
  }

  /** Takes a failed message out of the view. One that may still be sent stays: it may be stored already. */
  discard(localId: string): boolean {
    const failed = this.#outbox.some((entry) => box.localIdOf(entry) === localId && entry.state === "failed")
    if (failed) this.#outbox = box.settle(this.#outbox, localId)
    if (failed) this.#parts.changed()
    return failed
  }

  /** Messages that are known to be stored; their acknowledgement may be lost. */
  settle(messages: readonly Message[]): void {
    const stored = box.storedOf(this.#outbox, messages, this.#parts.deviceId() ?? "")
    for (const message of stored) this.#close(message.localId ?? "", (result) => result.resolve(message))
    if (stored.length > 0) this.pump()
  }

  identify(before: Owner | undefined, now: Owner, reason: ReadyReason): void {
    const { outbox, rejected } = box.identify(this.#outbox, before, now, reason)
    this.#outbox = outbox
    for (const entry of rejected) this.#reject(box.localIdOf(entry), identityChanged())
    this.#parts.vault.change((stored) =>
      stored.flatMap((draft) => {
        const fate = fateOf(draft.owner, before, now, reason)
        if (fate === "reject") return []
        return [fate === "adopt" ? { ...draft, owner: now } : draft]
      }),
    )
  }

  disconnected(): void {
    this.#stopTimer()
    this.#outbox = box.disconnected(this.#outbox)
  }

  /** Nothing typed here may be sent any more. */
  forget(error: ClientError): void {
    const gone = this.#outbox
    this.#outbox = box.EMPTY
    for (const entry of gone) this.#reject(box.localIdOf(entry), error)
    this.#stopTimer()
  }

  /** This run of the client is over; what is stored waits for the next one. */
  abandon(error: ClientError): void {
    this.#stopTimer()
    this.#outbox = box.EMPTY
    for (const localId of [...this.#results.keys()]) this.#reject(localId, error)
  }

  pump(): void {
    const line = this.#parts.line()
    this.#stopTimer()
    if (!line) return
    const { clock, window } = this.#parts.settings
    const turn = box.next(this.#outbox, line.owner, clock.now(), window)
    this.#outbox = turn.outbox
    for (const entry of turn.expired) this.#expire(entry)
    // From now on they may be stored: that must be known after a reload too.
    if (turn.send.some((entry) => entry.attempt === 1)) this.#keep(turn.send.map(box.localIdOf))
    for (const entry of turn.send) this.#transmit(line.link, entry)
    if (turn.wakeAt !== undefined) this.#stopTimer = clock.after(turn.wakeAt - clock.now(), () => this.pump())
  }

  #transmit(link: Link, { body, attempt }: box.Entry): void {
    link.command("message:send", body, (answer) => {
      if (answer.ok) {
        // The feed may have been faster; and what was rejected with its person is not shown to the next one.
        if (this.#outbox.some((entry) => box.localIdOf(entry) === body.localId)) {
          this.#close(body.localId, (result) => result.resolve(answer.result.message))
          this.#parts.stored(answer.result.message)
        }
      } else this.#refused(body.localId, attempt, answer.error)
      this.pump()
    })
  }

  #refused(localId: string, attempt: number, error: ClientError): void {
    const { clock, random } = this.#parts.settings
    const delay = (failures: number): number => fullJitter(failures, BACKOFF, random())
    this.#outbox = box.refuse(this.#outbox, localId, attempt, error, clock.now(), delay)
    const entry = this.#outbox.find((each) => box.localIdOf(each) === localId)
    if (entry?.state === "failed") {
      this.#reject(localId, error)
      this.#keep([localId])
      this.#parts.changed()
    } else if (entry && curedByLogin(error)) this.#parts.unidentified(error)
  }

  #expire(entry: box.Entry): void {
    const why = "It was sent, no answer came, and too much time has passed to repeat it safely."
    const error = new ClientError("outcome_unknown", why)
    this.#outbox = [...this.#outbox, { ...entry, state: "failed", error }]
    this.#reject(box.localIdOf(entry), error)
    this.#keep([box.localIdOf(entry)])
    this.#parts.changed()
  }

  #close(localId: string, tell: (result: Deferred<Message>) => void): void {
    this.#outbox = box.settle(this.#outbox, localId)
    this.#keep([localId])
    const result = this.#results.get(localId)
    this.#results.delete(localId)
    if (result) tell(result)
  }

  #reject(localId: string, error: ClientError): void {
    this.#results.get(localId)?.reject(error)
    this.#results.delete(localId)
  }

  /** Writes what these entries have become to the storage; those that are over are taken out. */
  #keep(localIds: readonly string[]): void {
    const touched = new Set(localIds)
    const drafts = box.pending(this.#outbox).filter((entry) => touched.has(box.localIdOf(entry)))
    const current = new Map(drafts.map((entry) => [box.localIdOf(entry), box.draftOf(entry)]))
    this.#parts.vault.change((stored) => {
      const others = stored.flatMap((draft) => {
        const localId = box.localIdOf(draft)
        const next = current.get(localId)
        current.delete(localId)
        return touched.has(localId) ? (next ? [next] : []) : [draft]
      })
      return [...others, ...current.values()]
    })
  }
}
