/** An agent's console that hears all and answers people, in the same way as a device does: until it is stored. */
import { setTimeout as delay } from "node:timers/promises"
import { z } from "zod"
import { STATUSES } from "../acceptance/agent-shapes.ts"
import { messageShape } from "../acceptance/shapes.ts"
import { textOf } from "../acceptance/view.ts"
import type { DeskShown, DeskStream, Send } from "./day-history.ts"
import { DeskTickets, listedTickets } from "./desk-tickets.ts"
import { printOf, type Site, storedOf } from "./site.ts"
import { Line } from "./stock-line.ts"

const AGAIN_MS = 150
const LOOK_MS = 25
const REMEMBERED = 50
/** After the first event that follows a full state: by then others have followed. */
const ASK_SINCE_MS = 300
const PAGE = 100

const feedPosition = { partition: z.int(), offset: z.int(), cursor: z.string() }
const event = z.looseObject({
  ...feedPosition,
  type: z.string(),
  at: z.number(),
  data: z.looseObject({
    conversationId: z.string().optional(),
    message: messageShape.loose().optional(),
  }),
})
const ready = z.looseObject({ cursor: z.string(), resumed: z.boolean(), events: z.array(event).optional() })
const synced = z.looseObject({ resumed: z.boolean(), events: z.array(z.object(feedPosition)).optional() })
const sent = z.looseObject({ message: z.looseObject({ id: z.string() }) })
type AgentEvent = z.infer<typeof event>
type DeskState = Extract<DeskShown, { kind: "state" }>

interface Question {
  readonly send: Send
  readonly conversationId: string
}

export class Desk {
  readonly name: string
  readonly stream: DeskStream
  readonly breaches: string[] = []
  readonly #site: Site
  readonly #line: Line
  /** The last that each person said. */
  readonly #questions = new Map<number, Question>()
  readonly #tickets = new DeskTickets()
  readonly #outbox: { readonly text: string; readonly to: Question }[] = []
  #cursor: string | undefined
  /** A full state, until the hub has said what came after it. */
  #unproven: { readonly state: DeskState; readonly cursor: string } | undefined
  #isReady = false
  #pumping = false
  #closed = false
  #count = 0

  constructor(site: Site, name: string, node: number) {
    this.name = name
    this.#site = site
    this.stream = { desk: name, shown: [] }
    site.history.desks.push(this.stream)
    this.#line = new Line(`${site.url(node)}/agent`, {
      auth: () => ({
        v: 1,
        appId: site.appId,
        token: site.agentToken(name),
        ...(this.#cursor !== undefined && { cursor: this.#cursor }),
      }),
      frame: (frame, body) => this.#hear(frame, body),
      gone: () => {
        this.#isReady = false
      },
      refused: ({ code, message, retryable }) => {
        if (!retryable) this.breaches.push(`${name}: the handshake: ${code}: ${message}`)
      },
      breach: (what) => this.breaches.push(`${name}: ${what}`),
    })
  }

  get usable(): boolean {
    return this.#isReady
  }

  get idle(): boolean {
    return this.#outbox.length === 0
  }

  open(): void {
    this.#line.open()
  }

  close(): void {
    this.#closed = true
    this.#line.close()
  }

  /** Answers what this person said last, if anything was heard of them. */
  answer(person: number): void {
    const to = this.#questions.get(person)
    if (!to) return
    this.#outbox.push({ text: `${this.name}.${this.#count++}>${to.send.text}`, to })
    if (!this.#pumping) void this.#pump()
  }

  /** What it knows of tickets that is not so; `undefined`: the hub does not answer. */
  async falsehoods(): Promise<string[] | undefined> {
    const truth: z.infer<typeof listedTickets>["tickets"] = []
    for (let before: string | undefined; ; ) {
      const body = { status: STATUSES, limit: PAGE, ...(before && { before }) }
      const answer = await this.#line.ask("ticket:list", body)
      if (answer.kind !== "ok") return undefined
      const page = listedTickets.parse(answer.result)
      truth.push(...page.tickets)
      if (!page.next) return this.#tickets.falsehoods(truth)
      before = page.next
    }
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    for (let next = this.#outbox[0]; next && !this.#closed; next = this.#outbox[0]) {
      while (!this.#isReady && !this.#closed) await delay(LOOK_MS)
      if (this.#closed) break
      const { text, to } = next
      const { person, device, guise } = to.send
      const send =
        this.#site.sends.get(text) ??
        this.#site.began({ text, person, device, guise, by: "agent", invoked: this.#site.now() })
      if (await this.#send(send, to.conversationId)) this.#outbox.shift()
    }
    this.#pumping = false
  }

  async #send(send: Send, conversationId: string): Promise<boolean> {
    const content = { type: "text", text: send.text }
    // A localId has 64 characters at most.
    const localId = send.text.split(">")[0]
    const answer = await this.#line.ask("message:send", { conversationId, localId, content })
    if (answer.kind === "lost") return false
    if (answer.kind === "ok") {
      send.acked = { at: this.#site.now(), messageId: sent.parse(answer.result).message.id }
      return true
    }
    const { code, message, retryable, retryAfterMs } = answer.error
    if (retryable) await delay(retryAfterMs ?? AGAIN_MS)
    else send.refused = `${code}: ${message}`
    return !retryable
  }

  /** By the cursor of the last full state, for only that says which event is the next. */
  async #askSince(): Promise<void> {
    const asked = this.#unproven
    if (!asked) return
    this.#unproven = undefined
    await delay(ASK_SINCE_MS)
    const answer = await this.#line.ask("sync", { cursor: asked.cursor })
    if (answer.kind !== "ok") return
    const { events } = synced.parse(answer.result)
    if (events) asked.state.since = events.map(({ partition, offset }) => ({ partition, offset }))
  }

  #hear(name: string, body: unknown): void {
    if (name === "event") this.#judged(event, body, (received) => this.#record(received))
    if (name !== "ready") return
    this.#judged(ready, body, ({ resumed, events = [], cursor }) => {
      if (!resumed) {
        const state: DeskState = { kind: "state", at: this.#site.now() }
        this.stream.shown.push(state)
        this.#unproven = { state, cursor }
        this.#tickets.clear()
      }
      for (const received of events) this.#record(received)
      this.#cursor = cursor
      this.#isReady = true
    })
  }

  #judged<T>(shape: z.ZodType<T>, body: unknown, then: (value: T) => void): void {
    const { data, error } = shape.safeParse(body)
    if (data !== undefined) then(data)
    else this.breaches.push(`${this.name}: a frame of another shape: ${error?.message.slice(0, 200)}`)
  }

  #record({ partition, offset, cursor, type, at, data }: AgentEvent): void {
    this.#cursor = cursor
    const { message, conversationId } = data
    this.stream.shown.push({
      kind: "event",
      at: this.#site.now(),
      partition,
      offset,
      print: printOf({ type, data }),
      ...(message && conversationId !== undefined && { message: { ...storedOf(message), conversationId } }),
    })
    this.#tickets.apply(type, at, data)
    void this.#askSince()
    if (message?.author.type !== "user" || conversationId === undefined) return
    const send = this.#site.sends.get(textOf(message))
    if (!send) return
    this.#questions.delete(send.person)
    this.#questions.set(send.person, { send, conversationId })
    const [oldest] = this.#questions.keys()
    if (this.#questions.size > REMEMBERED && oldest !== undefined) this.#questions.delete(oldest)
  }
}
