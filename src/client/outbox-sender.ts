/** Sends what the outbox releases, and settles the promise of each send. */
import { fullJitter } from "../lib/backoff.ts"
import type { ReadyReason } from "../protocol/handshake.ts"
import { curedByLogin } from "./auth-errors.ts"
import { tooLarge } from "./body-size.ts"
import type { ClientContext } from "./client-context.ts"
import type { ClientError } from "./client-error.ts"
import { cancelled, closed, identityChanged } from "./client-errors.ts"
import type { Message } from "./client-model.ts"
import type { Link } from "./client-socket.ts"
import { type Deferred, deferred } from "./deferred.ts"
import type { DeviceStorage } from "./device-storage.ts"
import type { Owner } from "./draft-owner.ts"
import * as box from "./outbox.ts"

const BACKOFF = { baseMs: 500, capMs: 30_000 }

export class OutboxSender {
  readonly #context: ClientContext
  readonly #device: DeviceStorage
  readonly #stored: (message: Message) => void
  readonly #results = new Map<string, Deferred<Message>>()
  #outbox = box.EMPTY
  #closed = false
  #stopTimer = (): void => undefined

  /** @param stored an acknowledgement brought this message */
  constructor(context: ClientContext, device: DeviceStorage, stored: (message: Message) => void) {
    this.#context = context
    this.#device = device
    this.#stored = stored
  }

  get outbox(): box.Outbox {
    return this.#outbox
  }

  /** Drafts of an earlier run of the page, or of a tab that is gone. */
  restore(drafts: readonly box.Draft[]): void {
    if (this.#closed || drafts.length === 0) return
    this.#outbox = box.restore(this.#outbox, drafts)
    const owner = this.#context.state.owner
    if (owner) this.identify(undefined, owner, "connect")
    this.#context.changed()
    this.pump()
  }

  /** The same `localId` again is the same message: its promise is that of the first. */
  send(body: box.SendBody): Promise<Message> {
    const { localId } = body
    const known = this.#results.get(localId)
    if (known) return known.promise
    const refusal = this.#closed ? closed() : (box.whenFull(this.#outbox) ?? tooLarge(body))
    if (refusal) return Promise.reject(refusal)
    const draft = { body, owner: this.#context.state.owner, typedAt: this.#context.settings.clock.now() }
    // One that failed under this name is another try of the same message now.
    const others = this.#find(localId) ? box.settle(this.#outbox, localId) : this.#outbox
    return this.#begin(localId, box.append(others, draft))
  }

  /** A failed message once more. @returns `undefined` if there is no such */
  retry(localId: string): Promise<Message> | undefined {
    if (this.#find(localId)?.state !== "failed") return undefined
    return this.#begin(localId, box.again(this.#outbox, localId, this.#context.settings.clock.now()))
  }

  #begin(localId: string, outbox: box.Outbox): Promise<Message> {
    const result = deferred<Message>()
    this.#results.set(localId, result)
    this.#outbox = outbox
    this.#keep(localId)
    this.#context.changed()
    this.pump()
    return result.promise
  }

  /** Takes back what cannot be stored. */
  cancel(localId: string): boolean {
    const entry = this.#find(localId)
    if (!entry || !box.isRecallable(entry)) return false
    this.#outbox = box.settle(this.#outbox, localId)
    this.#device.drafts.drop(localId)
    this.#reject(localId, cancelled())
    this.#context.changed()
    this.pump()
    return true
  }

  discard(localId: string): boolean {
    return this.#find(localId)?.state === "failed" && this.cancel(localId)
  }

  /** Messages that are known to be stored; their acknowledgement may be lost. */
  settle(messages: readonly Message[]): void {
    const stored = box.storedOf(this.#outbox, messages, this.#device.deviceId)
    for (const message of stored) this.#close(message.localId ?? "", message)
    if (stored.length > 0) this.pump()
  }

  identify(before: Owner | undefined, now: Owner, reason: ReadyReason): void {
    const known = new Set(this.#outbox)
    const { outbox, rejected } = box.identify(this.#outbox, before, now, reason)
    this.#outbox = outbox
    for (const { body } of rejected) {
      this.#device.drafts.drop(body.localId)
      this.#reject(body.localId, identityChanged())
    }
    for (const entry of outbox) if (!known.has(entry)) this.#device.drafts.keep(box.draftOf(entry))
  }

  disconnected(): void {
    this.#stopTimer()
    this.#outbox = box.disconnected(this.#outbox)
  }

  /** Nothing typed here may be sent any more. @param all also what other tabs have typed */
  forget(all: boolean): void {
    const gone = this.#outbox
    this.#outbox = box.EMPTY
    for (const entry of gone) this.#reject(box.localIdOf(entry), identityChanged())
    void this.#device.drafts.forget(all)
    this.#stopTimer()
  }

  /** This run of the client is over; stored drafts wait for the next one. */
  abandon(): void {
    this.#closed = true
    this.#stopTimer()
    this.#outbox = box.EMPTY
    for (const localId of [...this.#results.keys()]) this.#reject(localId, closed())
  }

  pump(): void {
    const { line, state } = this.#context
    this.#stopTimer()
    if (!line || !state.owner) return
    const { clock, window } = this.#context.settings
    const turn = box.next(this.#outbox, state.owner, clock.now(), window)
    this.#outbox = turn.outbox
    for (const entry of turn.expired) this.#failed(entry, entry.error)
    // From now on they may be stored: that must be known after a reload too.
    for (const entry of turn.send) if (entry.attempt === 1) this.#device.drafts.keep(box.draftOf(entry))
    if (turn.send.length > 0) this.#context.changed()
    for (const entry of turn.send) this.#transmit(line, entry)
    if (turn.wakeAt !== undefined) this.#stopTimer = clock.after(turn.wakeAt - clock.now(), () => this.pump())
  }

  #transmit(link: Link, { body, attempt }: box.Entry): void {
    link.command("message:send", body, (answer) => {
      if (answer.ok) {
        // The feed may have been faster; and a message that was rejected with its user is not shown to the next one.
        if (this.#find(body.localId)) {
          this.#close(body.localId, answer.result.message)
          this.#stored(answer.result.message)
        }
      } else this.#refused(body.localId, attempt, answer.error)
      this.pump()
    })
  }

  #refused(localId: string, attempt: number, error: ClientError): void {
    const { clock, random } = this.#context.settings
    const delay = (failures: number): number => fullJitter(failures, BACKOFF, random())
    this.#outbox = box.refuse(this.#outbox, localId, attempt, error, clock.now(), delay)
    const entry = this.#find(localId)
    if (entry?.state === "failed" && entry.attempt === attempt) this.#failed(entry, error)
    else if (entry && curedByLogin(error)) this.#context.dispatch({ type: "unidentified", error })
    this.#context.changed()
  }

  /** It has failed for good, and is shown as that after a reload too. */
  #failed(entry: box.Entry, error: ClientError): void {
    this.#device.drafts.keep(box.draftOf(entry))
    this.#reject(box.localIdOf(entry), error)
    this.#context.changed()
  }

  #close(localId: string, message: Message): void {
    this.#outbox = box.settle(this.#outbox, localId)
    this.#device.drafts.drop(localId)
    this.#settled(localId)?.resolve(message)
    this.#context.changed()
  }

  #reject(localId: string, error: ClientError): void {
    this.#settled(localId)?.reject(error)
  }

  #settled(localId: string): Deferred<Message> | undefined {
    const result = this.#results.get(localId)
    this.#results.delete(localId)
    return result
  }

  #keep(localId: string): void {
    const entry = this.#find(localId)
    if (entry) this.#device.drafts.keep(box.draftOf(entry))
  }

  #find(localId: string): box.Entry | undefined {
    return this.#outbox.find((entry) => box.localIdOf(entry) === localId)
  }
}
