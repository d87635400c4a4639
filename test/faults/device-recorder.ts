/** What a device is shown, written down as it comes, and kept as the picture that it makes for the person. */
import type { FeedEvent, Message, State } from "../acceptance/shapes.ts"
import { View } from "../acceptance/view.ts"
import type { Guise, Stream } from "./day-history.ts"
import { printOf, storedOf } from "./site.ts"

export class DeviceRecorder {
  view = new View()
  readonly #stream: Stream
  readonly #now: () => number

  constructor(stream: Stream, now: () => number) {
    this.#stream = stream
    this.#now = now
  }

  /** A `ready`, or the state of an answer. What is not resumed replaces everything. */
  introduce(state: State, guise: Guise): void {
    if (!state.resumed) this.#anew(state, guise)
    for (const event of this.view.introduce(state)) this.#record(event, guise)
    this.#collect()
  }

  apply(event: FeedEvent, guise: Guise): void {
    this.view.apply(event)
    this.#record(event, guise)
    this.#collect()
  }

  /** Calls back with what has the shape of the page; anything else is a breach. */
  judged<T>(shape: { safeParse(body: unknown): Judged<T> }, body: unknown, then: (value: T) => void): void {
    const { data, error } = shape.safeParse(body)
    if (data !== undefined) then(data)
    else this.#stream.breaches.push(`a frame of another shape: ${error?.message.slice(0, 300)}`)
  }

  #anew({ reason, user, cursor, conversations = [] }: State, guise: Guise): void {
    const hadCursor = this.view.cursor !== ""
    this.view = new View()
    this.#stream.shown.push({
      kind: "state",
      at: this.#now(),
      guise,
      userId: user.id,
      reason,
      fallback: reason === "reset" || (reason === "connect" && hadCursor),
      cursor,
      messages: conversations.flatMap(({ messages = [] }) => messages.map(storedOf)),
    })
  }

  #record(event: FeedEvent, guise: Guise): void {
    const { type, data, offset, cursor, at } = event
    const message = type === "conversation:message" ? data.message : undefined
    this.#stream.shown.push({
      kind: "event",
      at: this.#now(),
      guise,
      userId: this.view.user?.id ?? "",
      offset,
      cursor,
      print: printOf({ type, at, data }),
      ...(message && { message: storedOf(message) }),
      messages: messagesOf(event).map(storedOf),
    })
  }

  #collect(): void {
    this.#stream.breaches.push(...this.view.breaches.splice(0))
  }
}

interface Judged<T> {
  data?: T | undefined
  error?: { message: string } | undefined
}

function messagesOf({ type, data }: FeedEvent): readonly Message[] {
  if (type === "conversation:message") return [data.message]
  if (type === "user:merge" || type === "conversation:merge")
    return data.conversations.flatMap(({ messages = [] }) => messages)
  if (type === "conversation:create" || type === "conversation:update")
    return data.conversation.messages ?? []
  return []
}
