/** One conversation: its history, what is on its way, and the place to write. */
import type { JSX } from "preact"
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import { AnchoredList } from "../ui/anchored-list.tsx"
import { Drawing } from "../ui/drawing.tsx"
import { ARROW_DOWN } from "../ui/icon-paths.ts"
import { LiveRegion } from "../ui/live-region.tsx"
import { SOON_ROWS, useRowWindow } from "../ui/row-window.ts"
import type { Scroller } from "../ui/scroller.ts"
import { rowsOf } from "../ui/timeline-rows.ts"
import { Composer } from "./chat-composer.tsx"
import type { ChatConversation, ChatModel, Said } from "./chat-model.ts"
import { Rows } from "./conversation-rows.tsx"
import { type ChatEntry, entriesOf, summary } from "./entries.ts"
import { useNewLine } from "./use-new-line.ts"
import { useReading } from "./use-reading.ts"
import { useSurroundings } from "./window-context.ts"

interface Props {
  readonly model: ChatModel
  readonly conversation: ChatConversation | undefined
  /** The key that the draft is kept under. */
  readonly name: string
  /** The window is open, and the page is visible and has the focus. */
  readonly attentive: boolean
  /** @returns `false` if the message could not be taken */
  readonly onSend: (content: Said) => Promise<boolean>
}

export function ConversationPage({ model, conversation, name, attentive, onSend }: Props): JSX.Element {
  const { chat, words, keys } = useSurroundings()
  const scroller = useRef<Scroller>(null)
  const [atEnd, setAtEnd] = useState(true)
  const [loading, setLoading] = useState(false)
  /** As `loading`, and known before the next drawing: one page is asked for once. */
  const asked = useRef(false)

  const outgoing = model.outgoing.filter(({ conversationId }) => goesHere(conversationId, conversation, name))
  const entries = useMemo(() => entriesOf(conversation, outgoing, keys), [conversation, model.outgoing])
  const newLine = useNewLine(conversation, entries, attentive, atEnd)
  const drawn = useRowWindow(entries)

  const unread = conversation?.unreadCount ?? 0

  const onEnd = (is: boolean): void => {
    setAtEnd(is)
    drawn.hold(!is)
  }
  const toEnd = (): void => {
    drawn.hold(false)
    scroller.current?.toEnd()
  }
  const pressToEnd = (): void => {
    scroller.current?.takeFocus()
    toEnd()
  }
  // A page came in above, or rows that were there are drawn now: there may be room for more.
  useEffect(() => scroller.current?.look(), [entries[0]?.key])

  const older = (): boolean => {
    if (asked.current) return true
    if (!conversation?.more || model.line !== "live") return false
    asked.current = true
    setLoading(true)
    const over = (): void => {
      asked.current = false
      setLoading(false)
    }
    chat.older(conversation.id).then(over, over)
    return true
  }
  const nearStart = (): void => {
    if (drawn.above > 0) drawn.earlier()
    if (drawn.above < SOON_ROWS) older()
  }
  const moved = useReading({
    ...{ conversation, entries, attentive, atEnd, newLine, scroller, loading, older },
    line: model.line,
    drawRow: drawn.toRow,
  })
  const send = async (content: Said): Promise<boolean> => {
    const taken = await onSend(content)
    if (taken) {
      newLine.clear()
      toEnd()
    }
    return taken
  }

  return (
    <div class="conversation">
      <div class="history">
        <AnchoredList
          scroller={scroller}
          label={words("messages")}
          onNearStart={nearStart}
          onNearCut={drawn.later}
          cut={drawn.below}
          onEnd={onEnd}
          onMoved={moved}
        >
          {conversation?.more || drawn.above > 0 ? (
            <div class="older">
              {loading && <span class="spinner" role="status" aria-label={words("older")} />}
            </div>
          ) : (
            <div class="intro">
              <p class="intro-title">{words("greeting")}</p>
              <p class="intro-more">{words("greetingMore")}</p>
            </div>
          )}
          <Rows
            rows={rowsOf(drawn.rows, newLine.before)}
            entries={entries}
            conversation={conversation}
            model={model}
            paging={loading}
            onAnswer={(response) => void send(response)}
          />
        </AnchoredList>
        {!atEnd && <ToLatest unread={unread} onPress={pressToEnd} />}
      </div>
      <Composer
        key={name}
        name={name}
        disabled={false}
        onSend={(text) => send({ type: "text", text })}
        onTyping={(active) => conversation && chat.typing(conversation.id, active)}
      />
      <Spoken entries={entries} attentive={attentive} />
    </div>
  )
}

/** The way back to the end, with what has come there meanwhile. */
function ToLatest({
  unread,
  onPress,
}: {
  readonly unread: number
  readonly onPress: () => void
}): JSX.Element {
  const { words } = useSurroundings()
  const count = unread > 0 ? words("unread", { count: unread }) : undefined
  return (
    <button
      type="button"
      class="to-latest"
      onClick={onPress}
      aria-label={count === undefined ? words("toLatest") : `${words("toLatest")}, ${count}`}
    >
      <Drawing path={ARROW_DOWN} size={18} />
      {count !== undefined && <span aria-hidden="true">{count}</span>}
    </button>
  )
}

/** Before the hub has told of any conversation, whatever waits is for the latest. */
const goesHere = (
  id: string | undefined,
  conversation: ChatConversation | undefined,
  name: string,
): boolean =>
  name === "latest"
    ? !id || !conversation || id === conversation.id
    : id !== undefined && id === conversation?.id

/** New messages are announced to screen readers, once. */
function Spoken({
  entries,
  attentive,
}: {
  readonly entries: readonly ChatEntry[]
  readonly attentive: boolean
}): JSX.Element {
  const { words } = useSurroundings()
  const [said, setSaid] = useState("")
  const last = entries.at(-1)
  const lastKey = useRef(last?.key)
  useEffect(() => {
    if (!last || last.key === lastKey.current) return
    const first = lastKey.current === undefined
    lastKey.current = last.key
    if (first || last.own || !attentive) return
    const name = last.author.name ?? words(last.author.type === "bot" ? "bot" : "agent")
    setSaid(`${name}: ${summary(last.content, { image: words("image"), file: words("file") })}`)
  }, [last?.key])
  const failed = entries.some(({ outgoing }) => outgoing?.state === "failed")
  return (
    <>
      <LiveRegion words={said} />
      <LiveRegion words={failed ? words("failed") : ""} urgent />
    </>
  )
}
