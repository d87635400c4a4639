/** Sends what the outbox releases, and settles the promise of each send. */
import type { ReadyReason } from "../protocol/handshake.ts"
import { curedByLogin } from "./auth-errors.ts"
import { tooLarge } from "./body-size.ts"
import type { ClientContext } from "./client-context.ts"
import { ClientError } from "./client-error.ts"
import type { Message } from "./client-model.ts"
import type { DeviceStorage } from "./device-storage.ts"
import type { Owner } from "./draft-owner.ts"
import { closed, identityChanged } from "./error-makers.ts"
import * as box from "./outbox.ts"
import { pendingSends } from "./pending-sends.ts"

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
  const sends = pendingSends(context, device)
  let isClosed = false
  let stopTimer = (): void => undefined

  const pump = (): void => {
    const { line, state } = context
    stopTimer()
    if (!line || !state.owner) return
    const turn = box.next(sends.outbox, state.owner, clock.now(), window)
    sends.outbox = turn.outbox
    for (const entry of turn.expired) sends.fail(entry, entry.error)
    // From now on they may be stored: that must be known after a reload too.
    for (const entry of turn.send) if (entry.attempt === 1) sends.keep(entry)
    if (turn.send[0]) changed()
    for (const { body, attempt } of turn.send)
      line.command("message:send", body, (answer) => {
        const { localId } = body
        if (!answer.ok) refused(localId, attempt, answer.error)
        // The feed may have been faster; and a message that was rejected with its user is not shown to the next one.
        else if (box.find(sends.outbox, localId)) {
          sends.settle(localId, answer.result.message)
          stored(answer.result.message)
        }
        pump()
      })
    if (turn.wakeAt) stopTimer = clock.after(turn.wakeAt - clock.now(), pump)
  }

  const refused = (localId: string, attempt: number, error: ClientError): void => {
    sends.outbox = box.refuse(sends.outbox, localId, attempt, error, clock.now(), random())
    const entry = box.find(sends.outbox, localId)
    if (entry?.state === "failed" && entry.attempt === attempt) sends.fail(entry, error)
    else if (entry && curedByLogin(error)) context.dispatch({ type: "unidentified", error })
    changed()
  }

  const begin = (localId: string, outbox: box.Outbox): Promise<Message> => {
    const result = sends.begin(localId, outbox)
    pump()
    return result
  }

  const cancel = (localId: string): boolean => {
    const entry = box.find(sends.outbox, localId)
    if (!entry || !box.isRecallable(entry)) return false
    sends.settle(localId, new ClientError("cancelled"))
    pump()
    return true
  }

  const identify: OutboxSender["identify"] = (before, now, reason) => {
    const known = new Set(sends.outbox)
    const identified = box.identify(sends.outbox, before, now, reason, context.state.record)
    sends.outbox = identified.outbox
    for (const { body } of identified.rejected) sends.settle(body.localId, identityChanged())
    for (const entry of sends.outbox) if (!known.has(entry)) sends.keep(entry)
  }

  return {
    get outbox() {
      return sends.outbox
    },
    restore(found) {
      if (isClosed || !found[0]) return
      sends.outbox = box.restore(sends.outbox, found)
      const { owner } = context.state
      if (owner) identify(undefined, owner, "connect")
      changed()
      pump()
    },
    send(body) {
      const { localId } = body
      const known = sends.promiseOf(localId)
      if (known) return known
      const { outbox } = sends
      const refusal = isClosed ? closed() : (box.whenFull(outbox) ?? tooLarge(body))
      if (refusal) return Promise.reject(refusal)
      const draft = { body, owner: context.state.owner, typedAt: clock.now() }
      // One that failed under this name is another try of the same message now.
      return begin(localId, box.append(box.settle(outbox, localId), draft))
    },
    retry: (localId) =>
      box.find(sends.outbox, localId)?.state === "failed"
        ? begin(localId, box.again(sends.outbox, localId, clock.now()))
        : undefined,
    cancel,
    discard: (localId) => box.find(sends.outbox, localId)?.state === "failed" && cancel(localId),
    settle(messages) {
      const known = box.storedOf(sends.outbox, messages, device.deviceId)
      for (const message of known) sends.settle(message.localId ?? "", message)
      if (known[0]) pump()
    },
    identify,
    disconnected() {
      stopTimer()
      sends.outbox = box.disconnected(sends.outbox)
    },
    forget(all) {
      stopTimer()
      sends.empty(identityChanged())
      device.drafts.forget(all)
    },
    abandon() {
      isClosed = true
      stopTimer()
      sends.empty(closed())
    },
    pump,
  }
}
