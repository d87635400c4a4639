/**
 * Where a reader begins, and how far they have read. Readers who come to more than fits begin at the first that is new to
 * them; what has been on their screen counts as read, and no more.
 */
import type { RefObject } from "preact"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import { useByHand } from "../ui/by-hand.ts"
import type { Scroller } from "../ui/scroller.ts"
import type { ChatConversation, ConnectionState } from "./chat-model.ts"
import type { ChatEntry } from "./entries.ts"
import type { NewLine } from "./use-new-line.ts"
import { useSurroundings } from "./window-context.ts"

interface Parts {
  readonly conversation: ChatConversation | undefined
  readonly entries: readonly ChatEntry[]
  readonly attentive: boolean
  readonly atEnd: boolean
  readonly newLine: NewLine
  readonly scroller: RefObject<Scroller | null>
  readonly line: ConnectionState
  /** An older page is on its way. */
  readonly loading: boolean
  /** Asks for an older page. @returns whether one is coming */
  readonly older: () => boolean
  /** Sees to it that this row is drawn. */
  readonly drawRow: (key: string) => void
}

/** So far below the upper edge the first new message is: the line stands above it, and a little of what was before. */
const BELOW_TOP_PX = 76
/** With so many pages the first that is new is looked for; what lies before them is for the reader to find. */
const MOST_PAGES = 5

/** @returns to be called when other rows are on the screen */
export function useReading(parts: Parts): () => void {
  const { conversation, entries, attentive, atEnd, newLine, scroller, line, loading, older, drawRow } = parts
  const { chat } = useSurroundings()
  const { before } = newLine
  /** While the reader is being brought to what is new: how many pages were asked for. */
  const pages = useRef<number | undefined>(undefined)
  const unread = conversation?.unreadCount ?? 0

  const read = (): void => {
    if (!attentive || !conversation || unread === 0 || pages.current !== undefined) return
    const position = scroller.current?.atEnd
      ? conversation.messages.at(-1)?.position
      : seenPosition(entries, scroller.current?.lastSeen)
    if (position !== undefined && position > conversation.readTo.user) chat.read(conversation.id, position)
  }

  /** One step to the first that is new: drawing the line before it, going there, asking for what lies before. */
  const approach = (): void => {
    const first = newLine.first()
    if (first !== undefined && first !== before) {
      newLine.drawBefore(first)
      return
    }
    if (first !== undefined && !scroller.current?.toRow(first, BELOW_TOP_PX)) {
      drawRow(first)
      return
    }
    const asked = pages.current ?? 0
    if (conversation && asked < MOST_PAGES && newIn(entries, conversation) < unread && older()) {
      pages.current = asked + 1
      return
    }
    pages.current = undefined
    read()
  }

  useLayoutEffect(() => {
    // A reader elsewhere in the history stays there.
    if (newLine.tookComing() && scroller.current?.atEnd) pages.current = 0
    if (pages.current !== undefined && !loading) approach()
  })

  useByHand(() => {
    pages.current = undefined
  })

  useEffect(read, [attentive, atEnd, unread, entries.at(-1)?.key, line])
  return read
}

/** Up to where what is stored was seen, by the row that was seen last. */
function seenPosition(entries: readonly ChatEntry[], key: string | undefined): string | undefined {
  const last = entries.findLastIndex((entry) => entry.key === key)
  return entries.slice(0, last + 1).findLast(({ message }) => message !== undefined)?.message?.position
}

const newIn = (entries: readonly ChatEntry[], { readTo }: ChatConversation): number =>
  entries.filter(({ own, message }) => !own && message !== undefined && message.position > readTo.user).length
