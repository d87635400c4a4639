/** Searching users by name, external id, verified email, ticket or user id. */
import type { JSX } from "preact"
import { useEffect, useRef, useState } from "preact/hooks"
import { Avatar } from "../../ui/avatar.tsx"
import { CheckMark } from "../../ui/check-mark.tsx"
import { Icon } from "../../ui/icons.tsx"
import { LiveRegion } from "../../ui/live-region.tsx"
import type { AgentView, Found, Search } from "../agent-client/state.ts"
import { userName } from "./names.ts"
import { useSurroundings } from "./surroundings.ts"
import { VirtualList } from "./virtual-list.tsx"

/** Asked when the agent pauses, not at each letter. */
const PAUSE_MS = 180
const ROW_PX = 68

export function SearchBox({ search }: { readonly search: Search | undefined }): JSX.Element {
  const { client, text } = useSurroundings()
  const [words, setWords] = useState(search?.query ?? "")
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  /** The agent has pressed Enter: the first who is found is opened. */
  const eager = useRef(false)
  const ask = (query: string, afterMs: number): void => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => client.act({ type: "search", query }), afterMs)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  // Ended from elsewhere: by a key, or because a user was found and opened.
  useEffect(() => {
    if (search === undefined) setWords((before) => (before.trim() === "" ? before : ""))
  }, [search === undefined])
  const openFirst = (): void => {
    const ready = search !== undefined && !search.loading && search.query === words.trim()
    const ticketId = ready ? search.found.find((one) => one.ticketId !== undefined)?.ticketId : undefined
    if (!eager.current || ticketId === undefined) return
    eager.current = false
    client.act({ type: "open", ticketId })
    document.querySelector<HTMLElement>(".found .virtual-list")?.focus()
  }
  useEffect(openFirst, [search])
  const change = (next: string): void => {
    eager.current = false
    setWords(next)
    ask(next, next.trim() === "" ? 0 : PAUSE_MS)
  }
  return (
    <search class="search">
      <Icon name="search" size={18} />
      <input
        id="search"
        type="search"
        value={words}
        placeholder={text("search.label")}
        aria-label={`${text("search.label")}: ${text("search.hint")}`}
        title={text("search.hint")}
        autocomplete="off"
        spellcheck={false}
        maxLength={255}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" || event.key === "ArrowDown") {
            event.preventDefault()
            eager.current = true
            ask(words, 0)
            openFirst()
          }
          if (event.key !== "Escape") return
          event.stopPropagation()
          if (words === "") event.currentTarget.blur()
          else change("")
        }}
      />
      {words === "" ? (
        <span class="key" aria-hidden="true">
          /
        </span>
      ) : (
        <button
          type="button"
          class="icon-button small"
          aria-label={text("search.clear")}
          onClick={() => change("")}
        >
          <Icon name="close" size={16} />
        </button>
      )}
    </search>
  )
}

const keyOf = ({ user, ticketId }: Found): string => ticketId ?? user.id

export function FoundList({
  state,
  search,
}: {
  readonly state: AgentView
  readonly search: Search
}): JSX.Element {
  const { client, text } = useSurroundings()
  const { found, loading, query, more } = search
  const open = (key: string): void => {
    const one = found.find((each) => keyOf(each) === key)
    if (one?.ticketId !== undefined) client.act({ type: "open", ticketId: one.ticketId })
  }
  return (
    <div class="found">
      <p class="found-count" aria-hidden="true">
        {loading ? text("list.loading") : text("search.results", { count: found.length })}
      </p>
      <LiveRegion words={loading ? "" : text("search.results", { count: found.length })} />
      {found.length === 0 ? (
        !loading && <p class="inbox-empty">{text("search.none", { query })}</p>
      ) : (
        <VirtualList
          items={found}
          keyOf={keyOf}
          rowHeight={ROW_PX}
          label={text("search.label")}
          selected={state.opened?.ticketId}
          onSelect={open}
          busy={loading}
        >
          {({ user, ticketId }) => {
            const current = state.users.get(user.id) ?? user
            const row = ticketId === undefined ? undefined : state.rows.get(ticketId)
            return (
              <div class="found-row">
                <Avatar name={current.profile.name} seed={current.id} size={36} />
                <span class="found-who">
                  <span class="ticket-row-name" dir="auto">
                    {userName(text, current)}
                  </span>
                  {current.authenticated && <CheckMark label={text("verified")} size={14} />}
                </span>
                <span class="found-facts" dir="auto">
                  {[current.externalId, current.profile.email].filter(Boolean).join(" · ") || current.id}
                </span>
                {row && (
                  <span class={`status-tag ${row.ticket.status}`}>{text(`status.${row.ticket.status}`)}</span>
                )}
              </div>
            )
          }}
        </VirtualList>
      )}
      {more && <p class="found-more">{text("search.more")}</p>}
    </div>
  )
}
