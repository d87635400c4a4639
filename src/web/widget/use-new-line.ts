/**
 * Where the line "new" is drawn: before the first message that came while the window was not looked at. It is set when
 * the reader comes (or comes back), stays while they read, and goes when they answer.
 */
import { useEffect, useRef, useState } from "preact/hooks"
import type { ChatConversation } from "./chat-model.ts"
import { type ChatEntry, firstNew } from "./entries.ts"

export interface NewLine {
  /** Key of the entry below the line. */
  readonly before: string | undefined
  clear(): void
}

export function useNewLine(
  conversation: ChatConversation | undefined,
  entries: readonly ChatEntry[],
  attentive: boolean,
  atEnd: boolean,
): NewLine {
  const [before, setBefore] = useState<string | undefined>(undefined)
  const looked = useRef(false)
  const known = conversation !== undefined
  const unread = conversation?.unreadCount ?? 0

  // The reader looks at the window from now on: what is unread is new to them.
  useEffect(() => {
    if (!attentive || !known) {
      looked.current = false
      return
    }
    if (looked.current) return
    looked.current = true
    setBefore(unread > 0 ? firstNew(entries, conversation.readTo.user)?.key : undefined)
  }, [attentive, known])

  // Something came that is not read at once: the reader is elsewhere in the history.
  useEffect(() => {
    if (attentive && !atEnd && unread > 0 && conversation)
      setBefore((now) => now ?? firstNew(entries, conversation.readTo.user)?.key)
  }, [unread])

  return { before, clear: () => setBefore(undefined) }
}
