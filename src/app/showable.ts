/** A list whose row cannot be shown – a stored value that cannot be read, a fault of ours – is shown without it. */
import { HubError } from "../protocol/errors.ts"
import { StoreUnavailable } from "../store/contract.ts"
import type { App } from "./app.ts"

/** A fault, as opposed to a refusal and to a store that is away: the same again will fail the same way. */
export const isFault = (error: unknown): boolean =>
  !(error instanceof HubError) && !(error instanceof StoreUnavailable)

/** @returns `undefined` for a row that cannot be shown: it is counted and logged, and the others are shown */
export async function ifShowable<T>(
  app: App,
  what: string,
  id: string,
  show: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await show()
  } catch (error) {
    // A row may be refused, too: its conversation leads nowhere. A store that is away is no fault of the row.
    if (error instanceof StoreUnavailable) throw error
    app.contention.unshowable(what, id, error)
    return undefined
  }
}

/** The rows that can be shown, in their order. */
export async function showable<Row, T>(
  app: App,
  what: string,
  rows: readonly Row[],
  idOf: (row: Row) => string,
  show: (row: Row) => Promise<T>,
): Promise<T[]> {
  const shown = await Promise.all(rows.map((row) => ifShowable(app, what, idOf(row), () => show(row))))
  return shown.flatMap((one) => (one === undefined ? [] : [one]))
}
