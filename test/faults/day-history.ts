/**
 * The worst day, told as data. People with several devices and agents talk while things break; what each of them
 * asked for, was answered and was shown is a history, and `checker.ts` – which knows nothing of how it came about –
 * says whether the promises were kept. `schedule.ts` is what shall happen, `play-schedule.ts` makes it happen on real processes,
 * the deployments it can happen in are in `deployments/`, `shrink.ts` looks for the smallest schedule that still fails.
 *
 * Times are milliseconds of the playing process' monotonic clock.
 */

/** Who a device is at a moment: signed in, or the n-th anonymous visitor that this device has been. */
export type Guise = "signed in" | number

/** One message that a sender wanted stored. Its text is unique in the history. */
export interface Send {
  readonly text: string
  /** Whose conversation it is for. */
  readonly person: number
  /** The device that wrote it, under which guise; an agent's answer has those of the message it answers. */
  readonly device: string
  readonly guise: Guise
  readonly by: "user" | "agent"
  readonly invoked: number
  /** When the hub said that it is stored, and as what. */
  acked?: { readonly at: number; readonly messageId: string }
  /** Refused for good. */
  refused?: string
}

/** A device asked to be signed in, from this guise. */
export interface SignIn {
  readonly device: string
  readonly person: number
  readonly from: Guise
  readonly invoked: number
  acked?: number
}

/** A message as it was told, or as it lies in the history. */
export interface Stored {
  readonly id: string
  readonly text: string
  readonly position: string
  readonly authenticated: boolean
}

/** What a device was shown at one moment. */
export type Shown =
  | {
      readonly kind: "state"
      readonly at: number
      readonly guise: Guise
      readonly userId: string
      readonly reason: string
      /** It came back with a cursor and was told everything anew. */
      readonly fallback: boolean
      readonly cursor: string
      readonly messages: readonly Stored[]
    }
  | {
      readonly kind: "event"
      readonly at: number
      readonly guise: Guise
      readonly userId: string
      readonly offset: number
      readonly cursor: string
      /** Equal for equal events. */
      readonly print: string
      /** The message it tells, if it is a message's own event. */
      readonly message?: Stored
      /** All messages in it. */
      readonly messages: readonly Stored[]
    }

export interface Stream {
  readonly device: string
  readonly person: number
  readonly shown: Shown[]
  /** Rules of the wire that a frame broke. */
  readonly breaches: string[]
}

/** A console's stream: offsets are dense in each partition. */
export interface DeskStream {
  readonly desk: string
  readonly shown: DeskShown[]
}

export type DeskShown =
  | {
      readonly kind: "state"
      readonly at: number
      /** What came after it, as far as the hub said when it was asked a moment later: for each partition in order. */
      since?: readonly { readonly partition: number; readonly offset: number }[]
    }
  | {
      readonly kind: "event"
      readonly at: number
      readonly partition: number
      readonly offset: number
      readonly print: string
      /** The message it tells, if it is a message's own event, and where. */
      readonly message?: Stored & { readonly conversationId: string }
    }

/** A person as a device finds them that signs in when all is over. */
export interface Found {
  readonly person: number
  readonly userId: string
  readonly externalId: string
  /** What the record of the user says, asked as the business. */
  readonly record: { readonly externalId?: string; readonly authenticated: boolean }
  readonly messages: readonly Stored[]
}

/** What a device of the day shows at the end, and what it should. */
export interface FinalView {
  readonly device: string
  readonly person: number
  readonly shows: readonly string[]
  readonly fetched: readonly string[]
  /** Everything else that differs: unread counts, aliases, status. */
  readonly differs?: string
}

/** What a console knows at the end that is not so. */
export interface DeskView {
  readonly desk: string
  readonly differs: readonly string[]
}

/** An old anonymous session, tried again when its visitor had signed in long ago. */
export interface Revisit {
  readonly device: string
  readonly person: number
  readonly texts: readonly { readonly text: string; readonly authenticated: boolean }[]
}

/** A time in which what was acknowledged may be lost, because a fail-over lost it. */
export interface LossWindow {
  readonly from: number
  readonly to: number
}

export interface History {
  readonly sends: Send[]
  readonly signIns: SignIn[]
  readonly streams: Stream[]
  readonly desks: DeskStream[]
  readonly losses: LossWindow[]
  /** The store's own clock was set: what was written to two histories, that became one later, has no one order in time. */
  readonly clockSet: boolean
  readonly found: Found[]
  readonly views: FinalView[]
  readonly deskViews: DeskView[]
  readonly revisits: Revisit[]
  /** What should have happened and did not in time. */
  readonly stuck: string[]
}

export const emptyHistory = (clockSet = false): History => ({
  clockSet,
  sends: [],
  signIns: [],
  streams: [],
  desks: [],
  losses: [],
  found: [],
  views: [],
  deskViews: [],
  revisits: [],
  stuck: [],
})
