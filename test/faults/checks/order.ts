/** [P2] One order: as each device sent, and as everybody was told, so it is stored. */
import type { DeskShown, Shown, Stored, Stream } from "../day-history.ts"
import type { Court } from "./court.ts"

export type Event = Extract<Shown, { kind: "event" }>
type DeskEvent = Extract<DeskShown, { kind: "event" }>
type DeskState = Extract<DeskShown, { kind: "state" }>

/** The events between two full states, and of one user. */
function epochsOf({ shown }: Stream): Event[][] {
  const epochs: Event[][] = [[]]
  for (const one of shown) {
    if (one.kind === "state") epochs.push([])
    else {
      if (epochs.at(-1)?.at(-1) && epochs.at(-1)?.at(-1)?.userId !== one.userId) epochs.push([])
      epochs.at(-1)?.push(one)
    }
  }
  return epochs
}

export function ascending(court: Court): number {
  return asSent(court) + asToldToDevices(court) + asToldToDesks(court)
}

/**
 * What is acknowledged is stored as the one or as the other of what was sent, so it is known by its text. A device that
 * was several visitors wrote to several histories: by a clock that was set, each of them has its own time.
 */
function asSent({ history, stored, complain }: Court): number {
  const sentBy = new Map<string, Stored[]>()
  for (const { by, acked, device, guise, text } of history.sends) {
    const copies = stored.get(text)
    const [copy] = copies ?? []
    const sender = history.clockSet ? `${device} (${guise})` : device
    if (by === "user" && acked && copy && copies?.length === 1)
      sentBy.set(sender, [...(sentBy.get(sender) ?? []), copy])
  }
  return [...sentBy].reduce((all, [device, sent]) => all + falls(`${device} as sender`, sent, complain), 0)
}

/**
 * What was told is not known by its text: a fail-over may take what was told and not acknowledged, and then it is stored
 * anew, in the order in which it is sent again.
 */
function asToldToDevices({ history, asStored, complain }: Court): number {
  return history.streams.reduce((all, stream) => {
    const epochs = epochsOf(stream).map((epoch) =>
      epoch.flatMap(({ message }) => (message && asStored(message)) ?? []),
    )
    return all + epochs.reduce((sum, received) => sum + falls(stream.device, received, complain), 0)
  }, 0)
}

/** A console hears many conversations: each in its order, as far as one partition tells of it. */
function asToldToDesks({ history, asStored, complain }: Court): number {
  let reordered = 0
  for (const { desk, shown } of history.desks) {
    let received = new Map<string, Stored[]>()
    const judge = (): void => {
      for (const [conversation, messages] of received)
        reordered += falls(`${desk}, of ${conversation},`, messages, complain)
      received = new Map()
    }
    for (const one of shown) {
      if (one.kind === "state") judge()
      else if (one.message) {
        const about = `${one.message.conversationId} in partition ${one.partition}`
        const copy = asStored(one.message)
        if (copy) received.set(about, [...(received.get(about) ?? []), copy])
      }
    }
    judge()
  }
  return reordered
}

function falls(whose: string, messages: readonly Stored[], complain: (what: string) => void): number {
  let falls = 0
  messages.forEach((message, at) => {
    const before = messages[at - 1]
    if (!before || message.position > before.position) return
    falls += 1
    complain(`[P2] reordered: ${whose} had ${message.text} after ${before.text}, the history has it before`)
  })
  return falls
}

/** [P2] Each device hears the feed without a hole or a repeat, and every device hears the same. */
export function sameStreams({ history, complain }: Court): number {
  let wrong = 0
  const received = new Map<string, { print: string; device: string; offset: number }>()
  const at = new Map<string, string>()
  const object = (what: string): void => {
    wrong += 1
    complain(`[P2] ${what}`)
  }
  for (const stream of history.streams)
    for (const epoch of epochsOf(stream)) {
      let last: Event | undefined
      for (const event of epoch) {
        const { userId, offset, cursor, print } = event
        if (last && offset !== last.offset + 1)
          object(`${stream.device} heard ${offset} after ${last.offset} of ${userId}`)
        last = event
        const same = received.get(`${userId} ${cursor}`)
        if (same && same.print !== print)
          object(`${stream.device} and ${same.device} heard different things at ${offset} of ${userId}`)
        received.set(`${userId} ${cursor}`, { print, device: stream.device, offset })
        // After a lost tail the numbers go on with other events; else a number names one event.
        const known = at.get(`${userId} ${offset}`)
        if (known !== undefined && known !== cursor && history.losses.length === 0)
          object(`${offset} of ${userId} is two events`)
        at.set(`${userId} ${offset}`, cursor)
      }
    }
  const offsetOf = (userId: string, cursor: string) => received.get(`${userId} ${cursor}`)?.offset
  for (const { device, shown } of history.streams)
    shown.forEach((state, index) => {
      const next = shown[index + 1]
      if (state.kind !== "state" || next?.kind !== "event" || next.userId !== state.userId) return
      const upTo = offsetOf(state.userId, state.cursor)
      if (upTo !== undefined && next.offset !== upTo + 1)
        object(`${device} heard ${next.offset} of ${state.userId} after a state up to ${upTo}`)
    })
  return wrong
}

/** The same for consoles: dense in each partition, and the same at every desk. */
export function sameDesks({ history, complain }: Court): number {
  let wrong = 0
  const object = (what: string): void => {
    wrong += 1
    complain(`[P2] ${what}`)
  }
  const received = new Map<string, { desk: string; event: DeskEvent }>()
  for (const { desk, shown } of history.desks) {
    const last = new Map<number, number>()
    let state: DeskState | undefined
    for (const one of shown) {
      if (one.kind === "state") {
        last.clear()
        state = one
        continue
      }
      const { partition, offset, print } = one
      const before = last.get(partition)
      if (before !== undefined && offset !== before + 1)
        object(`${desk} heard ${offset} after ${before} of partition ${partition}`)
      const next = state?.since?.find((each) => each.partition === partition)?.offset
      if (before === undefined && next !== undefined && offset !== next)
        object(`${desk} heard ${offset} of partition ${partition} after a state up to ${next - 1}`)
      last.set(partition, offset)
      const same = received.get(`${partition} ${offset}`)
      // After a lost tail the numbers go on with other events.
      if (same && same.event.print !== print && history.losses.length === 0)
        object(`${desk} and ${same.desk} heard different things at ${offset} of partition ${partition}`)
      received.set(`${partition} ${offset}`, { desk, event: one })
    }
  }
  return wrong
}
