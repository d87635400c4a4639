/** A link can be used once: using it commits its id, which the store remembers for longer than any link is valid. */
import { randomToken } from "../../lib/ids.ts"
import { transact } from "../../repository/transact.ts"
import type { App } from "../app.ts"

/** @returns false: it was used before, on this or another node */
export function spendLink(app: App, linkId: string): Promise<boolean> {
  // A repeat of this very try, after a lost answer of the store, is no second use.
  const answer = randomToken(9)
  return transact<boolean>(app, "link", () => ({
    partition: app.partition(0),
    changeSet: { id: { scope: "agent-link", key: linkId }, answer },
    committed: () => true,
    repeated: (done) => done.answer === answer,
  }))
}
