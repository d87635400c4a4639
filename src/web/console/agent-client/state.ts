/**
 * What an agent's console knows: the last full state, with every event since applied. Pure data; only `reduce-agent.ts`
 * makes a new state of an old one.
 */
import type {
  Agent,
  AgentDevice,
  AgentEvent,
  AgentReady,
  AgentUser,
  IdentityChange,
  TicketCounts,
} from "../../../protocol/agent.ts"
import type { ErrorCode } from "../../../protocol/errors.ts"
import type { Conversation, Message, Ticket, TicketStatus } from "../../../protocol/model.ts"
import type { Notice } from "./notice.ts"

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** The connection is lost and comes back by itself. */
  | { readonly state: "away"; readonly since: number }
  /** The token is no longer accepted; the page stays as it is until there is another. */
  | { readonly state: "signedOut"; readonly code: ErrorCode }

/** A ticket as the inbox shows it. */
export interface InboxRow {
  readonly ticket: Ticket
  readonly lastMessage?: Message
  /** What the user wrote and no agent has read. */
  readonly unread: number
}

export type Side = "user" | "business"

/** A conversation whose history was opened. */
export interface Transcript {
  readonly id: string
  readonly userId: string
  readonly createdAt: number
  readonly status: Conversation["status"]
  /** In the order of their positions, without a gap from the first one here to the latest. */
  readonly messages: readonly Message[]
  /** There are earlier messages than these. */
  readonly more: boolean
  readonly loadingEarlier: boolean
  readonly readTo: Readonly<Conversation["readTo"]>
}

/** What the profile shows of a user beside the user's own record, once it was asked for. */
export interface Dossier {
  readonly devices: readonly AgentDevice[]
  readonly history: readonly IdentityChange[]
  readonly tickets: readonly string[]
}

export interface Filter {
  readonly assignee: "me" | "none" | "any"
  readonly status: "active" | TicketStatus
}

/** How far a filtered list has been fetched. */
export interface Extent {
  readonly loading: boolean
  /** `before` of the next page; without it, all of the list is here. */
  readonly next?: string
  readonly complete: boolean
  /** Rows that were active before this are not all here yet. */
  readonly floor: number
}

export interface OutgoingReply {
  readonly localId: string
  readonly conversationId: string
  readonly text: string
  readonly internal: boolean
  /** The latest message that had been shown when this was sent. */
  readonly ifHead?: string
  readonly at: number
  readonly state: "sending" | "failed" | "overtaken"
  readonly error?: { readonly code: ErrorCode; readonly message: string }
}

export interface Opened {
  readonly ticketId: string
  /** Known once the ticket has come. */
  readonly userId?: string
  readonly conversationId?: string
  readonly missing?: boolean
  /** It had unread messages when it was opened: it stays among the unread tickets until another one is opened. */
  readonly fresh?: boolean
}

export interface ReplyDraft {
  readonly text: string
  readonly internal: boolean
}

export interface Found {
  readonly user: AgentUser
  readonly ticketId?: string
}

export interface Search {
  readonly query: string
  readonly loading: boolean
  readonly found: readonly Found[]
  readonly more: boolean
}

/** A signal of a user or agent that ends by itself. */
export interface Lasting<Who> {
  readonly who: Who
  readonly until: number
}

export interface AgentView {
  readonly connection: Connection
  readonly agent: Agent | undefined
  readonly settings: AgentReady["settings"] | undefined
  /** Names of agents by id, as far as events or signals named them. */
  readonly colleagues: ReadonlyMap<string, string | undefined>
  readonly counts: TicketCounts | undefined

  /** Cursor of the last event that is in this state. */
  readonly cursor: string | undefined
  /** Its number in each partition; unknown from a full state until the first event. */
  readonly offsets: ReadonlyMap<number, number>
  /** Events that may not be applied yet, for some before them are missing and were asked for. */
  readonly held: readonly AgentEvent[]
  readonly healing: boolean
  /** Rises when the feed starts over: answers to earlier requests are then dropped. */
  readonly generation: number

  readonly rows: ReadonlyMap<string, InboxRow>
  readonly users: ReadonlyMap<string, AgentUser>
  readonly transcripts: ReadonlyMap<string, Transcript>
  /** By conversation: up to where the agent has read, while the hub is being told. */
  readonly reading: ReadonlyMap<string, string>
  readonly dossiers: ReadonlyMap<string, Dossier>
  /** A user or conversation id that was merged away → the id it was merged into. */
  readonly aliases: ReadonlyMap<string, string>

  readonly filter: Filter
  readonly extents: ReadonlyMap<string, Extent>
  /** Whether the first page of the list is fetched again, because something is in it that is not known here. */
  readonly refreshing: "no" | "waiting" | "asked" | "again"
  readonly recounting: boolean

  readonly opened: Opened | undefined
  readonly drafts: ReadonlyMap<string, ReplyDraft>
  readonly outbox: readonly OutgoingReply[]
  /** Tickets with a change on its way, as they were when it was made. */
  readonly changing: ReadonlyMap<string, Ticket>
  readonly typing: ReadonlyMap<string, readonly Lasting<Side>[]>
  readonly viewers: ReadonlyMap<string, readonly Lasting<Agent>[]>
  readonly search: Search | undefined
  readonly notices: readonly Notice[]
}

export const INITIAL: AgentView = {
  connection: { state: "connecting" },
  agent: undefined,
  settings: undefined,
  colleagues: new Map(),
  counts: undefined,
  cursor: undefined,
  offsets: new Map(),
  held: [],
  healing: false,
  generation: 0,
  rows: new Map(),
  users: new Map(),
  transcripts: new Map(),
  reading: new Map(),
  dossiers: new Map(),
  aliases: new Map(),
  filter: { assignee: "any", status: "active" },
  extents: new Map(),
  refreshing: "no",
  recounting: false,
  opened: undefined,
  drafts: new Map(),
  outbox: [],
  changing: new Map(),
  typing: new Map(),
  viewers: new Map(),
  search: undefined,
  notices: [],
}

/** The id that a user's or conversation's id means today, over any number of merges. */
export function resolve({ aliases }: Pick<AgentView, "aliases">, id: string): string {
  let current = id
  for (let next = aliases.get(current); next !== undefined; next = aliases.get(current)) current = next
  return current
}

/** In the order in which they are shown. */
export const STATUSES: readonly TicketStatus[] = ["new", "open", "pending", "hold", "solved", "closed"]

export const isActive = ({ status }: Pick<Ticket, "status">): boolean =>
  status !== "solved" && status !== "closed"
