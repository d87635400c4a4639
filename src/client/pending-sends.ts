/** The outbox as it is now, the promise of each of its sends, and the draft that is kept of each over a reload. */
import type { ClientContext } from "./client-context.ts"
import type { ClientError } from "./client-error.ts"
import type { Message } from "./client-model.ts"
import { type Deferred, deferred } from "./deferred.ts"
import type { DeviceStorage } from "./device-storage.ts"
import * as box from "./outbox.ts"

export interface PendingSends {
  outbox: box.Outbox
  promiseOf(localId: string): Promise<Message> | undefined
  keep(entry: box.OutboxEntry): void
  /** A send begins: its message is the last of this outbox. */
  begin(localId: string, outbox: box.Outbox): Promise<Message>
  /** Its message leaves the outbox: it is stored, or is not sent any more. */
  settle(localId: string, result: Message | ClientError): void
  /** It has failed for good, and is shown as that after a reload too. */
  fail(entry: box.OutboxEntry, error: ClientError): void
  /** All sends end so. Their drafts stay. */
  empty(error: ClientError): void
}

export function pendingSends({ changed }: ClientContext, { drafts }: DeviceStorage): PendingSends {
  const results = new Map<string, Deferred<Message>>()

  const resolve = (localId: string, result: Message | ClientError): void => {
    results.get(localId)?.settle(result)
    results.delete(localId)
  }

  const sends: PendingSends = {
    outbox: box.EMPTY,
    promiseOf: (localId) => results.get(localId)?.promise,
    keep: (entry) => drafts.keep(box.draftOf(entry)),
    begin(localId, outbox) {
      const result = deferred<Message>()
      results.set(localId, result)
      sends.outbox = outbox
      for (const entry of outbox.slice(-1)) sends.keep(entry)
      changed()
      return result.promise
    },
    settle(localId, result) {
      sends.outbox = box.settle(sends.outbox, localId)
      drafts.drop(localId)
      resolve(localId, result)
      changed()
    },
    fail(entry, error) {
      sends.keep(entry)
      resolve(box.localIdOf(entry), error)
      changed()
    },
    empty(error) {
      sends.outbox = box.EMPTY
      for (const localId of results.keys()) resolve(localId, error)
    },
  }
  return sends
}
