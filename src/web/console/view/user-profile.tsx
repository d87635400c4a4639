/** The fourth column: who this is, how that is known, and what became of their identity. */
import type { ComponentChildren, JSX } from "preact"
import { useState } from "preact/hooks"
import type { AgentDevice, AgentUser, IdentityChange } from "../../../protocol/agent.ts"
import { Avatar } from "../../ui/avatar.tsx"
import { CheckMark } from "../../ui/check-mark.tsx"
import { Icon } from "../../ui/icons.tsx"
import { RelativeTime } from "../../ui/relative-time.tsx"
import { fullTime } from "../../ui/times.ts"
import type { AgentView, Dossier } from "../agent-client/state.ts"
import { userName } from "./names.ts"
import { useSurroundings } from "./surroundings.ts"

interface Props {
  readonly state: AgentView
  readonly user: AgentUser
  readonly onClose: () => void
}

export function Profile({ state, user, onClose }: Props): JSX.Element {
  const { text } = useSurroundings()
  const name = userName(text, user)
  const dossier = state.dossiers.get(user.id)
  return (
    <aside class="profile" aria-label={text("profile.label", { name })}>
      <button
        type="button"
        class="icon-button profile-close"
        aria-label={text("profile.close")}
        onClick={onClose}
      >
        <Icon name="close" />
      </button>
      <div class="profile-face">
        <Avatar name={user.profile.name} seed={user.id} size={72} />
        <h2>
          <span dir="auto">{name}</span>
          {user.authenticated && <CheckMark label={text("verified")} size={18} />}
        </h2>
        <p class={user.online ? "profile-online" : "profile-online away"}>
          {text(user.online ? "profile.online" : "profile.offline")}
        </p>
      </div>
      <p class={user.authenticated ? "profile-proof good" : "profile-proof"}>
        <Icon name={user.authenticated ? "check" : "user"} size={18} />
        {text(user.authenticated ? "profile.signedIn" : "profile.anonymous")}
      </p>
      <Facts user={user} />
      {dossier && <Devices devices={dossier.devices} />}
      {dossier && <Happened user={user} history={dossier.history} />}
      {dossier && <Tickets state={state} dossier={dossier} />}
    </aside>
  )
}

function Section({
  title,
  children,
}: {
  readonly title: string
  readonly children: ComponentChildren
}): JSX.Element {
  return (
    <section class="profile-section">
      <h3>{title}</h3>
      {children}
    </section>
  )
}

function Facts({ user }: { readonly user: AgentUser }): JSX.Element {
  const { text, locale } = useSurroundings()
  const { externalId, profile, id, aliases, metadata = {}, signedUpAt, lastSeenAt } = user
  return (
    <dl class="profile-facts">
      {externalId !== undefined && (
        <Fact name={text("profile.externalId")}>
          <Copied what={text("profile.externalId")} value={externalId} />
        </Fact>
      )}
      {profile.email !== undefined && (
        <Fact name={text("profile.email")}>
          <Copied what={text("profile.email")} value={profile.email} />
          <span class={profile.emailVerified ? "fact-note good" : "fact-note warn"}>
            {text(profile.emailVerified ? "profile.emailVerified" : "profile.emailUnverified")}
          </span>
        </Fact>
      )}
      {profile.locale !== undefined && <Fact name={text("profile.locale")}>{profile.locale}</Fact>}
      <Fact name={text("profile.since")}>
        <RelativeTime at={signedUpAt} locale={locale} />
      </Fact>
      {lastSeenAt !== undefined && (
        <Fact name={text("profile.lastSeen")}>
          <RelativeTime at={lastSeenAt} locale={locale} />
        </Fact>
      )}
      {Object.entries(metadata).map(([key, value]) => (
        <Fact key={key} name={key}>
          <span dir="auto">{String(value)}</span>
        </Fact>
      ))}
      <Fact name={text("profile.userId")}>
        <Copied what={text("profile.userId")} value={id} />
        {aliases.length > 0 && (
          <details class="aliases">
            <summary>{text("profile.aliases", { count: aliases.length })}</summary>
            <ul>
              {aliases.map((alias) => (
                <li key={alias}>
                  <code>{alias}</code>
                </li>
              ))}
            </ul>
          </details>
        )}
      </Fact>
    </dl>
  )
}

function Fact({
  name,
  children,
}: {
  readonly name: string
  readonly children: ComponentChildren
}): JSX.Element {
  return (
    <div class="fact">
      <dt dir="auto">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** A value that is needed elsewhere: a click copies it. */
function Copied({ what, value }: { readonly what: string; readonly value: string }): JSX.Element {
  const { text } = useSurroundings()
  const [copied, setCopied] = useState(false)
  const copy = (): void => {
    navigator.clipboard?.writeText(value).then(
      () => setCopied(true),
      () => undefined,
    )
  }
  return (
    <button
      type="button"
      class="copied"
      title={text("profile.copy", { what })}
      onClick={copy}
      onBlur={() => setCopied(false)}
    >
      <code dir="auto">{value}</code>
      {copied && (
        <span class="fact-note good" role="status">
          {text("profile.copied")}
        </span>
      )}
    </button>
  )
}

function Devices({ devices }: { readonly devices: readonly AgentDevice[] }): JSX.Element {
  const { text, locale } = useSurroundings()
  return (
    <Section title={text("profile.devices")}>
      {devices.length === 0 && <p class="profile-none">{text("profile.noDevices")}</p>}
      <ul class="profile-list">
        {devices.map(({ channel, lastSeenAt }, index) => (
          <li key={index}>
            <Icon name={channel === "web" ? "browser" : "device"} size={17} />
            <span>{text(`profile.device.${channel}`)}</span>
            <span class="profile-list-time">
              <RelativeTime at={lastSeenAt} locale={locale} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Happened({
  user,
  history,
}: {
  readonly user: AgentUser
  readonly history: readonly IdentityChange[]
}): JSX.Element {
  const { text, locale } = useSurroundings()
  return (
    <Section title={text("profile.history")}>
      <ol class="profile-history">
        <li>
          <span>{text("history.began")}</span>
          <RelativeTime at={user.signedUpAt} locale={locale} />
        </li>
        {history.map((change) => (
          <li key={`${change.kind} ${change.at}`} title={fullTime(change.at, locale)} class={change.kind}>
            <span>
              {change.kind === "upgraded"
                ? text("history.upgraded")
                : text("history.merged", {
                    id: change.discardedId.slice(-4),
                    by: text(`log.by.${change.reason}`),
                  })}
            </span>
            <RelativeTime at={change.at} locale={locale} />
          </li>
        ))}
      </ol>
    </Section>
  )
}

/** As many as fit into the column. */
const MOST_TICKETS = 20

function Tickets({ state, dossier }: { readonly state: AgentView; readonly dossier: Dossier }): JSX.Element {
  const { client, text, locale } = useSurroundings()
  const rows = dossier.tickets.flatMap((id) => state.rows.get(id) ?? []).slice(0, MOST_TICKETS)
  return (
    <Section title={text("profile.tickets")}>
      <ul class="profile-list">
        {rows.map(({ ticket }) => {
          const current = ticket.id === state.opened?.ticketId
          return (
            <li key={ticket.id}>
              <button
                type="button"
                class="profile-ticket"
                disabled={current}
                onClick={() => client.act({ type: "open", ticketId: ticket.id })}
              >
                <span class={`status-tag ${ticket.status}`}>{text(`status.${ticket.status}`)}</span>
                <code>{ticket.id.slice(-6)}</code>
                {current ? (
                  <span class="profile-list-time">{text("profile.current")}</span>
                ) : (
                  <span class="profile-list-time">
                    <RelativeTime at={ticket.lastActivityAt} locale={locale} />
                  </span>
                )}
              </button>
            </li>
          )
        })}
      </ul>
    </Section>
  )
}
