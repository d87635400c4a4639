/** The first view of a user with several conversations: the latest first, unread ones in bold. */
import type { JSX } from "preact"
import { useState } from "preact/hooks"
import { Avatar } from "../ui/avatar.tsx"
import { Drawing } from "../ui/drawing.tsx"
import { PLUS } from "../ui/icon-paths.ts"
import { useNow } from "../ui/now.ts"
import { shortTime } from "../ui/times.ts"
import type { ChatConversation, ChatModel } from "./chat-model.ts"
import { summary } from "./entries.ts"
import { useSurroundings } from "./window-context.ts"

export function ConversationList({
  model,
  onOpen,
  onNew,
}: {
  readonly model: ChatModel
  readonly onOpen: (id: string) => void
  readonly onNew: () => void
}): JSX.Element {
  const { chat, words } = useSurroundings()
  const [loading, setLoading] = useState(false)
  const more = (): void => {
    setLoading(true)
    const over = (): void => setLoading(false)
    chat.moreConversations().then(over, over)
  }
  return (
    <div class="home">
      <div class="home-scroll">
        {model.conversations.length === 0 ? (
          <p class="empty">{words("noConversations")}</p>
        ) : (
          <ul class="conversations" aria-label={words("conversations")}>
            {model.conversations.map((conversation) => (
              <Line key={conversation.id} conversation={conversation} onOpen={onOpen} />
            ))}
          </ul>
        )}
        {model.moreConversations && (
          <button type="button" class="button quiet more" disabled={loading} onClick={more}>
            {words("moreConversations")}
          </button>
        )}
      </div>
      <div class="home-foot">
        <button type="button" class="button" onClick={onNew}>
          <Drawing path={PLUS} size={18} />
          {words("newConversation")}
        </button>
      </div>
    </div>
  )
}

function Line({
  conversation,
  onOpen,
}: {
  readonly conversation: ChatConversation
  readonly onOpen: (id: string) => void
}): JSX.Element {
  const { words, locale } = useSurroundings()
  const now = useNow()
  const { id, lastMessage, messages, unreadCount, updatedAt, status } = conversation
  const other = messages.findLast(({ author }) => author.type !== "user")?.author
  const name = other?.name ?? words(other?.type === "bot" ? "bot" : "agent")
  const latest = messages.at(-1) ?? lastMessage
  const own = latest?.author.type === "user"
  return (
    <li>
      <button type="button" class={unreadCount > 0 ? "line unread" : "line"} onClick={() => onOpen(id)}>
        <Avatar name={other?.name} seed={other?.id ?? name} size={42} />
        <span class="line-words">
          <span class="line-top">
            <bdi class="line-name">{name}</bdi>
            <time class="line-time" dateTime={new Date(updatedAt).toISOString()}>
              {shortTime(updatedAt, now, locale)}
            </time>
          </span>
          <span class="line-bottom">
            <span class="line-text" dir="auto">
              {own && `${words("you")}: `}
              {latest && summary(latest.content, { image: words("image"), file: words("file") })}
            </span>
            {status !== "open" && <span class="tag">{words("conversationSolved")}</span>}
            {unreadCount > 0 && (
              <span class="count">
                <span aria-hidden="true">{unreadCount > 99 ? "99+" : unreadCount}</span>
                <span class="read-aloud">{words("unread", { count: unreadCount })}</span>
              </span>
            )}
          </span>
        </span>
      </button>
    </li>
  )
}
