/** The conversation as it is read: pages upwards, what is new, who types, and how far each side has read. */
import type { JSX } from "preact"
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import { AnchoredList } from "../../ui/anchored-list.tsx"
import { useByHand } from "../../ui/by-hand.ts"
import { Icon } from "../../ui/icons.tsx"
import { LiveRegion } from "../../ui/live-region.tsx"
import { SOON_ROWS, useRowWindow } from "../../ui/row-window.ts"
import type { Scroller } from "../../ui/scroller.ts"
import { type AgentView, type InboxRow, resolve, type Transcript } from "../agent-client/state.ts"
import { seenPosition, timeline } from "../agent-client/timeline-state.ts"
import { EntryRow } from "./entry-row.tsx"
import { useSurroundings } from "./surroundings.ts"
import { useLooked } from "./use-looked.ts"

interface Props {
  readonly state: AgentView
  readonly transcript: Transcript
  readonly row: InboxRow
  readonly name: string
}

export function History({ state, transcript, row, name }: Props): JSX.Element {
  const { client, text } = useSurroundings()
  const scroller = useRef<Scroller>(null)
  const [atEnd, setAtEnd] = useState(true)
  const looked = useLooked()
  // The line stays where it was when the ticket was opened, though everything is read as it is seen.
  const [unreadAfter] = useState(() => (row.unread > 0 ? (transcript.readTo.business ?? "") : undefined))

  const last = transcript.messages.at(-1)
  const history = state.dossiers.get(transcript.userId)?.history
  const mergedHere = useMemo(
    () => [...state.rows.values()].filter(({ ticket }) => ticket.mergedInto === row.ticket.id),
    [state.rows, row.ticket.id],
  )
  const entries = useMemo(
    () =>
      timeline({
        transcript,
        history: history ?? [],
        tickets: mergedHere,
        ticketId: row.ticket.id,
        outbox: state.outbox.map((one) => ({ ...one, conversationId: resolve(state, one.conversationId) })),
        unreadAfter,
        zoneMinutes: -new Date().getTimezoneOffset(),
      }),
    [transcript, history, mergedHere, row.ticket.id, state.outbox, unreadAfter],
  )
  const drawn = useRowWindow(entries)
  useEffect(() => {
    if (unreadAfter !== undefined) drawn.toRow("unread")
  }, [unreadAfter])
  const first = transcript.messages[0]?.position ?? ""
  const newIsHere = unreadAfter === undefined || !transcript.more || first <= unreadAfter
  /** Whether the agent was brought to the first that is new, or goes where they want. */
  const brought = useRef(false)
  useEffect(() => {
    if (brought.current) return
    const isMarked = entries.some(({ kind }) => kind === "unread")
    const isThere = !isMarked || scroller.current?.toRow("unread") === true
    brought.current = isThere && newIsHere
  }, [unreadAfter, drawn.below, first])
  useByHand(() => {
    brought.current = true
  })
  /** What has been on the screen is read, and no more: the person is told. */
  const read = (): void => {
    if (!looked || !brought.current) return
    const position = scroller.current?.atEnd
      ? last?.position
      : seenPosition(entries, scroller.current?.lastSeen)
    if (position !== undefined) client.act({ type: "seen", conversationId: transcript.id, position })
  }
  // After the agent was brought to the line.
  useEffect(read, [looked, atEnd, drawn.below, first, last?.id, transcript.id, state.connection.state])
  // A page was added above, and the screen may have room for another.
  useEffect(() => scroller.current?.look(), [entries[0]?.key])
  const onEnd = (is: boolean): void => {
    setAtEnd(is)
    drawn.hold(!is)
  }
  const toEnd = (): void => {
    scroller.current?.takeFocus()
    drawn.hold(false)
    scroller.current?.toEnd()
  }
  const seenId = transcript.messages.findLast(
    ({ author, internal, position }) =>
      author.type !== "user" && !internal && position <= (transcript.readTo.user ?? ""),
  )?.id
  const typing = (state.typing.get(transcript.id) ?? []).some(({ who }) => who === "user")
  const spoken =
    last?.author.type === "user" && last.content.type === "text" ? `${name}: ${last.content.text}` : ""

  const toEndLabel =
    row.unread > 0 ? `${text("log.toEnd")}, ${text("list.unread", { count: row.unread })}` : text("log.toEnd")

  return (
    <div class="history">
      <AnchoredList
        scroller={scroller}
        label={text("log.label")}
        onNearStart={() => {
          if (drawn.above > 0) drawn.earlier()
          if (drawn.above < SOON_ROWS) client.act({ type: "earlier" })
        }}
        onNearCut={drawn.later}
        cut={drawn.below}
        onEnd={onEnd}
        onMoved={read}
      >
        <div class="history-entries">
          {(transcript.more || drawn.above > 0) && <p class="history-earlier">{text("log.earlier")}</p>}
          {drawn.rows.map((entry) => (
            <EntryRow key={entry.key} entry={entry} state={state} name={name} seen={entry.key === seenId} />
          ))}
          <p class="history-typing" aria-hidden={!typing}>
            {typing && (
              <>
                <span class="typing-dots" aria-hidden="true">
                  <i />
                  <i />
                  <i />
                </span>
                {text("log.typing", { name })}
              </>
            )}
          </p>
        </div>
      </AnchoredList>
      <LiveRegion words={spoken} />
      {!atEnd && (
        <button type="button" class="to-end" aria-label={toEndLabel} onClick={toEnd}>
          <Icon name="arrowDown" />
          {row.unread > 0 && <span class="count-badge">{row.unread}</span>}
        </button>
      )}
    </div>
  )
}
