/** The first column: which tickets are looked at, and the agent's own things. */
import type { JSX } from "preact"
import { Avatar } from "../../ui/avatar.tsx"
import { Icon, type IconName } from "../../ui/icons.tsx"
import type { AgentView, Filter } from "../agent-client/state.ts"
import type { Preferences } from "../preferences.ts"
import { useSurroundings } from "./surroundings.ts"

interface Props {
  readonly state: AgentView
  readonly preferences: Preferences
  readonly onPreferences: (preferences: Preferences) => void
  readonly onKeys: () => void
  readonly onSignOut: () => void
}

const FILTERS: readonly [Filter["assignee"], IconName][] = [
  ["me", "user"],
  ["none", "inbox"],
  ["any", "users"],
]

export function Rail({ state, preferences, onPreferences, onKeys, onSignOut }: Props): JSX.Element {
  const { client, text, locale } = useSurroundings()
  const { filter, counts, agent } = state
  const active = counts && counts.new + counts.open + counts.pending + counts.hold
  const countOf = { me: counts?.mine, none: counts?.unassigned, any: active }
  const next = { auto: "light", light: "dark", dark: "auto" } as const
  return (
    <nav class="rail" aria-label={text("rail.label")}>
      <div class="brand">
        <span class="brand-mark" aria-hidden="true" />
        <span class="brand-name">{text("brand")}</span>
      </div>
      <fieldset class="rail-filters" aria-label={text("filter.label")}>
        {FILTERS.map(([assignee, icon]) => (
          <button
            key={assignee}
            type="button"
            class="rail-filter"
            title={text(`filter.${assignee}`)}
            aria-pressed={filter.assignee === assignee}
            onClick={() => client.act({ type: "filter", filter: { assignee, status: "active" } })}
          >
            <Icon name={icon} />
            <span class="rail-words">{text(`filter.${assignee}`)}</span>
            {countOf[assignee] !== undefined && (
              <span class="rail-count">{countOf[assignee].toLocaleString(locale)}</span>
            )}
          </button>
        ))}
      </fieldset>
      <div class="rail-own">
        <RailButton
          icon={preferences.sound ? "bell" : "mute"}
          label={text(preferences.sound ? "rail.soundOn" : "rail.soundOff")}
          onClick={() => onPreferences({ ...preferences, sound: !preferences.sound })}
        />
        <RailButton
          icon={preferences.theme === "dark" ? "dark" : "light"}
          label={text("rail.theme")}
          onClick={() => onPreferences({ ...preferences, theme: next[preferences.theme] })}
        />
        <RailButton icon="keyboard" label={text("rail.keys")} onClick={onKeys} />
        <RailButton icon="logout" label={text("rail.signOut")} onClick={onSignOut} />
      </div>
      <div class="rail-agent" title={agent?.id}>
        <Avatar name={agent?.name ?? agent?.id} seed={agent?.id} size={32} />
        <span class="rail-words" dir="auto">
          {agent?.name ?? agent?.id}
        </span>
        <span class={`connection-dot ${state.connection.state}`} aria-hidden="true" />
      </div>
    </nav>
  )
}

interface RailButtonProps {
  readonly icon: IconName
  readonly label: string
  readonly onClick: () => void
}

function RailButton({ icon, label, onClick }: RailButtonProps): JSX.Element {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} size={19} />
    </button>
  )
}
