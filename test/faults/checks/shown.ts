/** [P1] [P2] What was told is so: it lies in the history as it was told, or a fail-over took it, and that was told too. */
import type { History, Stored } from "../day-history.ts"
import { type Court, during, mayBeLost } from "./court.ts"

/** What was stored a moment before a fail-over may still be on its way to devices. */
const ON_ITS_WAY_MS = 3_000

interface ShownMessage {
  readonly whom: string
  readonly at: number
  readonly message: Stored
  /** Whoever told it has told everything anew since. */
  readonly shownAnew: boolean
}

/** @returns how many devices and consoles were told what is gone, and not that it is */
export function shownIsStored(court: Court): number {
  const { history, byId, asStored, byText, complain } = court
  let untold = 0
  const first = new Map<string, number>()
  for (const { message, at } of shownMessages(history))
    first.set(keyOf(message), Math.min(at, first.get(keyOf(message)) ?? at))
  const complained = new Set<string>()
  for (const { whom, message, shownAnew } of shownMessages(history)) {
    const there = asStored(message)
    if (there) {
      if (there.authenticated !== message.authenticated || there.text !== message.text)
        complain(`[P2] ${whom} was told ${said(message)}, and the history has ${said(there)}`)
      continue
    }
    const key = keyOf(message)
    const send = byText.get(message.text)
    const at = first.get(key) ?? 0
    const excused =
      during(history.losses, at - ON_ITS_WAY_MS, at) || (send !== undefined && mayBeLost(history, send))
    if (!excused && !complained.has(key)) {
      complained.add(key)
      const other = byId.get(message.id)
      complain(
        `[P1] ${whom} was told ${said(message)}, and the history has ${other ? said(other) : "it not"}`,
      )
    } else if (excused && !shownAnew) {
      untold += 1
      complain(`[P2] untold: ${whom} was told ${said(message)}, which is gone, and nothing anew since`)
    }
  }
  return untold
}

const keyOf = ({ id, position }: Stored): string => `${id} ${position}`

const said = ({ text, id, position, authenticated }: Stored): string =>
  `${text} as ${id} at ${position}${authenticated ? ", proven" : ""}`

function shownMessages({ streams, desks }: History): ShownMessage[] {
  const devices = streams.flatMap(({ device, shown }) => {
    const anew = shown.findLastIndex(({ kind }) => kind === "state")
    return shown.flatMap(({ at, messages }, index) =>
      messages.map((message) => ({ whom: device, at, message, shownAnew: index < anew })),
    )
  })
  const consoles = desks.flatMap(({ desk, shown }) => {
    const anew = shown.findLastIndex(({ kind }) => kind === "state")
    return shown.flatMap((one, index) =>
      one.kind === "event" && one.message
        ? [{ whom: desk, at: one.at, message: one.message, shownAnew: index < anew }]
        : [],
    )
  })
  return [...devices, ...consoles]
}
