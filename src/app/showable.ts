/** Lists are shown without rows that cannot be shown, because of a fault or a stored value that cannot be decoded. */
import { HubError } from "../protocol/errors.ts"
import { StoreUnavailable } from "../store/contract.ts"
import type { App } from "./app.ts"

/** Whether an error is a fault, and neither a refusal nor a store that is away: the same call will fail again. */
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
    // A refusal counts as well: the row's conversation may not be found. A store that is away concerns the whole list.
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
