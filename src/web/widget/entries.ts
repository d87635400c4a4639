/** The lines of one conversation: what is stored, then what is on its way. Pure. */
import type { Author, Content, Message } from "../../protocol/model.ts"
import { keyOf, type ShownMessage } from "../ui/timeline-rows.ts"
import type { ChatConversation, ShownOutgoing } from "./chat-model.ts"

export interface ChatEntry extends ShownMessage {
  readonly own: boolean
  readonly content: Content
  readonly message?: Message
  readonly outgoing?: ShownOutgoing
}

/**
 * The keys of rows. What was on its way keeps its key when it is stored, and also when the hub tells of it again without
 * the name that its device had given it, as after a merge: a row that is drawn anew would flicker.
 */
export class RowKeys {
  readonly #known = new Map<string, string>()
  readonly #taken = new Set<string>()

  of(message: Message): string {
    const known = this.#known.get(message.id)
    if (known !== undefined) return known
    const named = keyOf(message)
    // Two devices may give two messages the same `localId`: the second one's key is then its id.
    const key = this.#taken.has(named) ? message.id : named
    this.#known.set(message.id, key)
    this.#taken.add(key)
    return key
  }

  clear(): void {
    this.#known.clear()
    this.#taken.clear()
  }
}

/** Entries by message, so that a change of a long history makes only a few anew. */
const made = new WeakMap<Message, ChatEntry>()

const ME: Author = { type: "user" }

export function entriesOf(
  conversation: ChatConversation | undefined,
  outgoing: readonly ShownOutgoing[],
  keys: RowKeys,
): readonly ChatEntry[] {
  const stored = (conversation?.messages ?? []).map((message) => {
    const known = made.get(message) ?? storedEntry(message, keys)
    made.set(message, known)
    return known
  })
  // Where this device's clock is behind the hub's, its day would come after the hub's next one.
  const latest = stored.at(-1)?.at ?? 0
  const waiting = outgoing.map(
    (sent): ChatEntry => ({
      key: `local ${sent.localId}`,
      at: Math.max(latest, sent.typedAt),
      author: ME,
      own: true,
      content: sent.content,
      outgoing: sent,
    }),
  )
  if (waiting.length === 0) return stored
  const seen = new Set(stored.map(({ key }) => key))
  return [...stored, ...waiting.filter(({ key }) => !seen.has(key))]
}

const storedEntry = (message: Message, keys: RowKeys): ChatEntry => ({
  key: keys.of(message),
  at: message.receivedAt,
  // An author of type `user` is this user, under whatever id at the time.
  author: message.author.type === "user" ? ME : message.author,
  own: message.author.type === "user",
  content: message.content,
  message,
})

/** The first that another author wrote after `position`: where what is new begins. */
export const firstNew = (entries: readonly ChatEntry[], position: string): ChatEntry | undefined =>
  entries.find(({ own, message }) => !own && message !== undefined && message.position > position)

/** The last of one's own messages, which shows whether it was sent and read. */
export function lastOwn(entries: readonly ChatEntry[]): ChatEntry | undefined {
  return entries.findLast(({ own, outgoing }) => own && outgoing?.state !== "failed")
}

/** What was answered to a form, if it was: by the message that names it, stored or on its way. */
export function answerTo(
  entries: readonly ChatEntry[],
  formId: string,
): Extract<Content, { type: "formResponse" }> | undefined {
  for (const { content, outgoing } of entries) {
    if (content.type === "formResponse" && content.formId === formId && outgoing?.state !== "failed")
      return content
  }
  return undefined
}

/** One line of words, for lists and for reading aloud. */
export function summary(content: Content, words: { readonly image: string; readonly file: string }): string {
  switch (content.type) {
    case "text":
      return content.text
    case "image":
      return content.name ?? words.image
    case "file":
      return content.name ?? words.file
    case "form":
      return content.fields.map(({ label }) => label).join(", ")
    case "formResponse":
      return content.fields.map(({ value }) => value).join(", ")
  }
}
