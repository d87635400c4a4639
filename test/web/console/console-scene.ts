/** A console without a hub: what it is told, what it asks, and what it makes of the answers. */
import type {
  AgentCommand,
  AgentEvent,
  AgentReady,
  AgentResult,
  AgentUser,
  ListedTicket,
} from "../../../src/protocol/agent.ts"
import type { WireError } from "../../../src/protocol/errors.ts"
import type { Conversation, Message, Ticket } from "../../../src/protocol/model.ts"
import type {
  AgentAnswer,
  AgentEffect,
  ConsoleInput,
  Request,
} from "../../../src/web/console/agent-client/effect.ts"
import { reduce } from "../../../src/web/console/agent-client/reduce-agent.ts"
import { type AgentView, INITIAL } from "../../../src/web/console/agent-client/state.ts"

const position = (n: number): string => String(n).padStart(6, "0")

export const user = (id: string, more: Partial<AgentUser> = {}): AgentUser => ({
  id,
  authenticated: false,
  profile: {},
  signedUpAt: 1,
  online: true,
  aliases: [],
  ...more,
})

export const ticket = (n: number, more: Partial<Ticket> = {}): Ticket => ({
  id: `tkt_${n}`,
  conversationId: `con_${n}`,
  userId: `usr_${n}`,
  status: "open",
  authenticated: false,
  createdAt: 1,
  updatedAt: 1,
  lastActivityAt: n,
  ...more,
})

export const listed = (n: number, more: Partial<ListedTicket> = {}): ListedTicket => ({
  ...ticket(n),
  user: user(`usr_${n}`),
  unreadCount: 0,
  ...more,
})

export const message = (n: number, of: number, more: Partial<Message> = {}): Message => ({
  id: `msg_${n}`,
  conversationId: `con_${of}`,
  position: position(n),
  receivedAt: n * 1000,
  author: { type: "user", id: `usr_${of}` },
  content: { type: "text", text: `words ${n}` },
  source: { channel: "web" },
  authenticated: false,
  ...more,
})

export const conversation = (n: number, more: Partial<Conversation> = {}): Conversation => ({
  id: `con_${n}`,
  isDefault: true,
  createdAt: 1,
  updatedAt: 1,
  status: "open",
  unreadCount: 0,
  readTo: {},
  ...more,
})

const LIMITS = {
  bodyBytes: 1,
  frameBytes: 1,
  textCharacters: 1,
  metadataBytes: 1,
  conversationMessages: 1,
  sendsPerSecond: 1,
  sendBurst: 1,
}

type Happening = ConsoleInput extends infer I ? (I extends ConsoleInput ? Omit<I, "now"> : never) : never

/** Cursors name the last event: `c7`. */
export class Scene {
  state: AgentView
  now = 1_000_000
  effects: AgentEffect[] = []
  #offset = 0

  constructor(initial: Partial<AgentView> = {}) {
    this.state = { ...INITIAL, ...initial }
  }

  happen(input: Happening): this {
    // The boundary: an input without its time, and the time.
    const { state, effects } = reduce(this.state, { ...input, now: this.now } as ConsoleInput)
    this.state = state
    this.effects.push(...effects)
    return this
  }

  ready(more: Partial<AgentReady> = {}): this {
    return this.happen({
      type: "ready",
      state: {
        agent: { id: "ada", name: "Ada" },
        cursor: `c${this.#offset}`,
        resumed: false,
        settings: { conversationMode: "multi", limits: LIMITS },
        counts: { new: 0, open: 0, pending: 0, hold: 0 },
        ...more,
      },
    })
  }

  /** An event of the feed as the next one, or with another number. */
  event<T extends AgentEvent["type"]>(
    type: T,
    data: Omit<Extract<AgentEvent, { type: T }>["data"], "userId"> & { userId?: string },
    { offset = this.#offset + 1, at = this.now, partition = 0 } = {},
  ): AgentEvent {
    this.#offset = offset
    const received = { partition, offset, cursor: `c${offset}`, type, at, data: { userId: "usr_1", ...data } }
    // The boundary: data and type belong together by the signature.
    return received as unknown as AgentEvent
  }

  applyMessage(...events: readonly AgentEvent[]): this {
    return this.happen({ type: "events", events })
  }

  /** The requests of a command that wait for an answer, the earliest first. */
  asked<C extends AgentCommand>(command: C): Extract<Request, { command: C }>[] {
    return this.effects.flatMap((effect) =>
      effect.type === "request" && effect.request.command === command
        ? [effect.request as Extract<Request, { command: C }>]
        : [],
    )
  }

  /** Answers the earliest request of this command. */
  answer<C extends AgentCommand>(command: C, result: AgentResult<C>): this {
    const request = this.#take(command)
    return this.happen({ type: "answered", answer: { request, result } as unknown as AgentAnswer })
  }

  refuse(command: AgentCommand, error: Partial<WireError> & Pick<WireError, "code">): this {
    const request = this.#take(command)
    return this.happen({
      type: "failed",
      request,
      error: { message: error.code, retryable: false, ...error },
    })
  }

  /** Timers that were set go off. */
  due(what: "refresh" | "recount"): this {
    const set = this.effects.findIndex((effect) => effect.type === "later" && effect.what === what)
    if (set === -1) throw new Error(`Nobody waits for ${what}.`)
    this.effects.splice(set, 1)
    return this.happen({ type: "due", what })
  }

  #take(command: AgentCommand): Request {
    const at = this.effects.findIndex(
      (effect) => effect.type === "request" && effect.request.command === command,
    )
    const effect = this.effects[at]
    if (effect?.type !== "request") throw new Error(`Nobody asked ${command}.`)
    this.effects.splice(at, 1)
    return effect.request
  }

  forget(): this {
    this.effects = []
    return this
  }
}

/** A console with an inbox: tickets 1 to 3, the third the latest. */
export function inbox(...tickets: readonly ListedTicket[]): Scene {
  const scene = new Scene().ready()
  const all = tickets.length > 0 ? tickets : [listed(3), listed(2), listed(1)]
  scene.answer("ticket:list", { tickets: all.filter(({ unreadCount = 0 }) => unreadCount > 0) })
  scene.answer("ticket:list", { tickets: [...all] })
  scene.answer("agent:list", { agents: [{ id: "ben", name: "Ben", lastSeenAt: 1 }] })
  const counts = { new: 0, open: all.length, pending: 0, hold: 0, mine: 0, unassigned: all.length, unread: 0 }
  scene.answer("ticket:count", { counts })
  return scene.forget()
}

/** Ticket 1 is open on the screen with these messages. */
export function opened(scene: Scene, ...messages: readonly Message[]): Scene {
  scene.happen({ type: "open", ticketId: "tkt_1" })
  scene.answer("ticket:get", {
    ticket: ticket(1),
    user: user("usr_1", { profile: { name: "Mira" } }),
    conversation: conversation(1),
    messages: [...messages],
  })
  scene.answer("user:get", {
    user: user("usr_1", { profile: { name: "Mira" } }),
    tickets: [ticket(1)],
    devices: [],
    history: [],
  })
  return scene.forget()
}

export const shownTexts = ({ state }: Scene, conversationId = "con_1"): string[] =>
  (state.transcripts.get(conversationId)?.messages ?? []).map(({ content }) =>
    content.type === "text" ? content.text : content.type,
  )
