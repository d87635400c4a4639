/** The console: four columns, on a small screen one at a time. */
import type { JSX } from "preact"
import { useEffect, useMemo, useState } from "preact/hooks"
import { Icon } from "../../ui/icons.tsx"
import type { AgentClient } from "../agent-client/agent-client.ts"
import { isOfFilter, keyOf, shownRows } from "../agent-client/inbox-state.ts"
import type { AgentView } from "../agent-client/state.ts"
import type { Preferences } from "../preferences.ts"
import { Inbox } from "./inbox.tsx"
import { KeysDialog, type Shortcut, useShortcuts } from "./keys.tsx"
import { ListWalk } from "./list-walk.ts"
import { PageNotices } from "./notice-bars.tsx"
import { Rail } from "./rail.tsx"
import { useSurroundings } from "./surroundings.ts"
import { Conversation } from "./ticket-conversation.tsx"
import { useClientState } from "./use-client.ts"
import { Profile } from "./user-profile.tsx"

interface Props {
  readonly preferences: Preferences
  readonly onPreferences: (preferences: Preferences) => void
  readonly onSignOut: () => void
  readonly onUnread: (count: number) => void
}

export function Console({ preferences, onPreferences, onSignOut, onUnread }: Props): JSX.Element {
  const { client } = useSurroundings()
  const state = useClientState(client)
  const [keys, setKeys] = useState(false)
  const [walk] = useState(() => new ListWalk())
  const { opened } = state
  const user = opened?.userId === undefined ? undefined : state.users.get(opened.userId)
  const wide = useWide()
  // On a narrow page the profile lies over the conversation: it is shown when asked for, and until the ticket changes.
  const [overlaid, setOverlaid] = useState<string | undefined>(undefined)
  const profile = wide ? preferences.profile : overlaid !== undefined && overlaid === opened?.ticketId
  const toggleProfile = (): void => {
    if (wide) onPreferences({ ...preferences, profile: !preferences.profile })
    else setOverlaid(profile ? undefined : opened?.ticketId)
  }

  const unread = state.counts?.unread ?? 0
  useEffect(() => onUnread(unread), [unread])
  useShortcuts((shortcut) => {
    if (shortcut === "help") setKeys(true)
    else if (shortcut === "profile") toggleProfile()
    else if (shortcut === "close" && !wide && profile) setOverlaid(undefined)
    else perform(shortcut, client, walk)
  })

  const {
    rows,
    extents,
    users,
    search,
    filter,
    counts,
    viewers,
    typing,
    agent,
    colleagues,
    connection,
    aliases,
  } = state
  const inbox = useMemo(
    () => <Inbox state={state} />,
    [
      rows,
      extents,
      users,
      search,
      filter,
      counts,
      viewers,
      typing,
      agent,
      colleagues,
      connection,
      aliases,
      opened,
    ],
  )
  const rail = useMemo(
    () => (
      <Rail
        state={state}
        preferences={preferences}
        onPreferences={onPreferences}
        onKeys={() => setKeys(true)}
        onSignOut={onSignOut}
      />
    ),
    [filter, counts, agent, connection, preferences],
  )
  return (
    <div class={opened ? "console opened" : "console"}>
      <Connection state={state} />
      {rail}
      {inbox}
      <Conversation state={state} profile={profile} onProfile={toggleProfile} />
      {user && profile && <Profile state={state} user={user} onClose={toggleProfile} />}
      <PageNotices state={state} />
      {keys && <KeysDialog onEnd={() => setKeys(false)} />}
    </div>
  )
}

/** As in the style sheet: on a page of this width the profile has a column of its own. */
const WIDE = "(min-width: 1381px)"

function useWide(): boolean {
  const [wide, setWide] = useState(() => matchMedia(WIDE).matches)
  useEffect(() => {
    const query = matchMedia(WIDE)
    const look = (): void => setWide(query.matches)
    query.addEventListener("change", look)
    return () => query.removeEventListener("change", look)
  }, [])
  return wide
}

function Connection({ state }: { readonly state: AgentView }): JSX.Element {
  const { text } = useSurroundings()
  const { connection } = state
  const words =
    connection.state === "away"
      ? text("connection.away")
      : connection.state === "connecting"
        ? text("connection.connecting")
        : undefined
  return (
    <div class="connection" role="status" hidden={words === undefined}>
      <Icon name="offline" size={18} />
      {words}
    </div>
  )
}

const focus = (id: string): void => document.getElementById(id)?.focus()

function perform(shortcut: Exclude<Shortcut, "help" | "profile">, client: AgentClient, walk: ListWalk): void {
  const { state } = client
  const ticketId = state.opened?.ticketId
  const step = (by: 1 | -1): void => {
    const shown = shownRows(state, state.filter).map(({ ticket }) => ticket.id)
    const next = walk.step(keyOf(state.filter), shown, ticketId, by, (id) => isOfFilter(state, id))
    if (next !== undefined) client.act({ type: "open", ticketId: next })
  }
  switch (shortcut) {
    case "next":
      step(1)
      break
    case "previous":
      step(-1)
      break
    case "search":
      focus("search")
      break
    case "reply":
      document.getElementById("mode-reply")?.click()
      break
    case "note":
      document.getElementById("mode-note")?.click()
      break
    case "take":
      if (ticketId !== undefined && state.agent)
        client.act({ type: "change", ticketId, change: { assigneeId: state.agent.id } })
      break
    case "solve":
      if (ticketId !== undefined) client.act({ type: "change", ticketId, change: { status: "solved" } })
      break
    case "pending":
      if (ticketId !== undefined) client.act({ type: "change", ticketId, change: { status: "pending" } })
      break
    case "close":
      if (state.search) client.act({ type: "search", query: "" })
      else client.act({ type: "close" })
      break
  }
}
