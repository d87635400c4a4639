/** Sends what the outbox releases, and settles the promise of each send. */
import type { ReadyReason } from "../protocol/handshake.ts"
import { curedByLogin } from "./auth-errors.ts"
import { tooLarge } from "./body-size.ts"
import type { ClientContext } from "./client-context.ts"
import { ClientError } from "./client-error.ts"
import type { Message } from "./client-model.ts"
import { type Deferred, deferred } from "./deferred.ts"
import type { DeviceStorage } from "./device-storage.ts"
import type { Owner } from "./draft-owner.ts"
import { closed, identityChanged } from "./error-makers.ts"
import * as box from "./outbox.ts"

export interface OutboxSender {
  readonly outbox: box.Outbox
  /** Drafts of an earlier run of the page, or of a tab that is gone. */
  restore(drafts: readonly box.Draft[]): void
  /** The same `localId` again is the same message: its promise is that of the first. */
  send(body: box.SendBody): Promise<Message>
  /** A failed message once more. @returns `undefined` if there is no such */
  retry(localId: string): Promise<Message> | undefined
  /** Takes back a message; false if it may be stored. */
  cancel(localId: string): boolean
  discard(localId: string): boolean
  /** Messages that are known to be stored; their acknowledgement may be lost. */
  settle(messages: readonly Message[]): void
  identify(before: Owner | undefined, now: Owner, reason: ReadyReason): void
  disconnected(): void
  /** Nothing typed here may be sent any more. @param all also what other tabs have typed */
  forget(all: boolean): void
  /** This run of the client is over; stored drafts wait for the next one. */
  abandon(): void
  pump(): void
}

/** @param stored called with each message that an acknowledgement brings */
export function outboxSender(
  context: ClientContext,
  device: DeviceStorage,
  stored: (message: Message) => void,
): OutboxSender {
  const { settings, changed } = context
  const { clock, random, window } = settings
  const { drafts } = device
  const results = new Map<string, Deferred<Message>>()
  let outbox = box.EMPTY
  let isClosed = false
  let stopTimer = (): void => undefined

  const find = (localId: string): box.Entry | undefined =>
    outbox.find((entry) => box.localIdOf(entry) === localId)

  const keep = (entry: box.Entry): void => drafts.keep(box.draftOf(entry))

  const settle = (localId: string, result: Message | ClientError): void => {
    results.get(localId)?.settle(result)
    results.delete(localId)
  }

  const remove = (localId: string, result: Message | ClientError): void => {
    outbox = box.settle(outbox, localId)
    drafts.drop(localId)
    settle(localId, result)
    changed()
  }

  /** It has failed for good, and is shown as that after a reload too. */
  const failed = (entry: box.Entry, error: ClientError): void => {
    keep(entry)
    settle(box.localIdOf(entry), error)
    changed()
  }

  const begin = (localId: string, changedBox: box.Outbox): Promise<Message> => {
    const result = deferred<Message>()
    results.set(localId, result)
    outbox = changedBox
    const entry = find(localId)
    if (entry) keep(entry)
    changed()
    pump()
    return result.promise
  }

  const pump = (): void => {
    const { line, state } = context
    stopTimer()
    if (!line || !state.owner) return
    const turn = box.next(outbox, state.owner, clock.now(), window)
    outbox = turn.outbox
    for (const entry of turn.expired) failed(entry, entry.error)
    // From now on they may be stored: that must be known after a reload too.
    for (const entry of turn.send) if (entry.attempt === 1) keep(entry)
    if (turn.send.length > 0) changed()
    for (const { body, attempt } of turn.send) {
      const { localId } = body
      line.command("message:send", body, (answer) => {
        if (!answer.ok) refused(localId, attempt, answer.error)
        // The feed may have been faster; and a message that was rejected with its user is not shown to the next one.
        else if (find(localId)) {
          remove(localId, answer.result.message)
          stored(answer.result.message)
        }
        pump()
      })
    }
    if (turn.wakeAt) stopTimer = clock.after(turn.wakeAt - clock.now(), pump)
  }

  const refused = (localId: string, attempt: number, error: ClientError): void => {
    outbox = box.refuse(outbox, localId, attempt, error, clock.now(), random())
    const entry = find(localId)
    if (entry?.state === "failed" && entry.attempt === attempt) failed(entry, error)
    else if (entry && curedByLogin(error)) context.dispatch({ type: "unidentified", error })
    changed()
  }

  const cancel = (localId: string): boolean => {
    const entry = find(localId)
    if (!entry || !box.isRecallable(entry)) return false
    remove(localId, new ClientError("cancelled"))
    pump()
    return true
  }

  const identify: OutboxSender["identify"] = (before, now, reason) => {
    const known = new Set(outbox)
    const identified = box.identify(outbox, before, now, reason)
    outbox = identified.outbox
    for (const { body } of identified.rejected) remove(body.localId, identityChanged())
    for (const entry of outbox) if (!known.has(entry)) keep(entry)
  }

  const empty = (error: ClientError): void => {
    stopTimer()
    outbox = box.EMPTY
    for (const localId of results.keys()) settle(localId, error)
  }

  return {
    get outbox() {
      return outbox
    },
    restore(found) {
      if (isClosed || found.length === 0) return
      outbox = box.restore(outbox, found)
      const { owner } = context.state
      if (owner) identify(undefined, owner, "connect")
      changed()
      pump()
    },
    send(body) {
      const { localId } = body
      const known = results.get(localId)
      if (known) return known.promise
      const refusal = isClosed ? closed() : (box.whenFull(outbox) ?? tooLarge(body))
      if (refusal) return Promise.reject(refusal)
      const draft = { body, owner: context.state.owner, typedAt: clock.now() }
      // One that failed under this name is another try of the same message now.
      return begin(localId, box.append(find(localId) ? box.settle(outbox, localId) : outbox, draft))
    },
    retry: (localId) =>
      find(localId)?.state === "failed" ? begin(localId, box.again(outbox, localId, clock.now())) : undefined,
    cancel,
    discard: (localId) => find(localId)?.state === "failed" && cancel(localId),
    settle(messages) {
      const known = box.storedOf(outbox, messages, device.deviceId)
      for (const message of known) remove(message.localId ?? "", message)
      if (known.length > 0) pump()
    },
    identify,
    disconnected() {
      stopTimer()
      outbox = box.disconnected(outbox)
    },
    forget(all) {
      empty(identityChanged())
      drafts.forget(all)
    },
    abandon() {
      isClosed = true
      empty(closed())
    },
    pump,
  }
}
