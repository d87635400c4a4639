/**
 * Where the line "new" is drawn: before the first message that came while the window was not looked at. It is set when
 * the reader comes (or comes back), stays while they read, and goes when they answer.
 */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import type { ChatConversation } from "./chat-model.ts"
import { type ChatEntry, firstNew } from "./entries.ts"

export interface NewLine {
  /** Key of the entry below the line. */
  readonly before: string | undefined
  /** True once after a reader came to something new. */
  tookComing(): boolean
  /** Key of the first that is new, and here. */
  first(): string | undefined
  /** Also after an older page brought what is new. */
  drawBefore(key: string): void
  clear(): void
}

export function useNewLine(
  conversation: ChatConversation | undefined,
  entries: readonly ChatEntry[],
  attentive: boolean,
  atEnd: boolean,
): NewLine {
  const [before, setBefore] = useState<string | undefined>(undefined)
  /** Up to where the reader had read when they came. */
  const since = useRef("")
  const looked = useRef(false)
  const coming = useRef(false)
  const known = conversation !== undefined
  const unread = conversation?.unreadCount ?? 0
  const first = (): string | undefined => firstNew(entries, since.current)?.key

  // The reader looks at the window from now on: what is unread is new to them.
  useLayoutEffect(() => {
    if (!attentive || !known) {
      looked.current = false
      return
    }
    if (looked.current) return
    looked.current = true
    since.current = conversation.readTo.user
    setBefore(unread > 0 ? first() : undefined)
    coming.current = unread > 0
  }, [attentive, known])

  // Something came that is not read at once: the reader is elsewhere in the history.
  useEffect(() => {
    if (!attentive || atEnd || unread === 0 || !conversation || before !== undefined) return
    since.current = conversation.readTo.user
    setBefore(first())
  }, [unread])

  return {
    before,
    tookComing() {
      const came = coming.current
      coming.current = false
      return came
    },
    first,
    drawBefore: setBefore,
    clear: () => setBefore(undefined),
  }
}
