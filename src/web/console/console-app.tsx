/** The page, from its address to an open console: how an agent comes in, and what happens when their token ends. */
import type { JSX } from "preact"
import { useEffect, useMemo, useState } from "preact/hooks"
import type { ErrorCode } from "../../protocol/errors.ts"
import type { Translate } from "../ui/texts.ts"
import { followTheme } from "../ui/theme.ts"
import { type AgentClient, createAgentClient } from "./agent-client/agent-client.ts"
import type { Attention } from "./attention.ts"
import { EntryRefused, exchange, type Pass, type PassStore, type WayIn } from "./entry.ts"
import { loadPreferences, type Preferences, savePreferences } from "./preferences.ts"
import { Console } from "./view/console.tsx"
import { SignIn } from "./view/sign-in.tsx"
import { type ConsoleSurroundings, SurroundingsContext } from "./view/surroundings.ts"
import type { WordKey } from "./words/en.ts"

export interface AppParts {
  /** The URL of the hub. */
  readonly base: string
  readonly entry: WayIn | undefined
  readonly passes: PassStore
  readonly attention: (enabled: () => boolean) => Attention
  readonly text: Translate<WordKey>
  readonly locale: string
}

type Stage =
  | { readonly kind: "entering"; readonly entry: WayIn }
  | { readonly kind: "signIn"; readonly problem?: string }
  | { readonly kind: "console"; readonly pass: Pass }

function firstStage({ entry, passes }: AppParts): Stage {
  if (entry) return { kind: "entering", entry }
  const pass = passes.load()
  return pass ? { kind: "console", pass } : { kind: "signIn" }
}

export function App(parts: AppParts): JSX.Element {
  const { base, passes, text } = parts
  const [stage, setStage] = useState(() => firstStage(parts))
  const [preferences, setPreferences] = useState(loadPreferences)
  const prefer = (next: Preferences): void => {
    setPreferences(next)
    savePreferences(next)
  }
  useEffect(() => followTheme(document.documentElement, preferences.theme), [preferences.theme])

  const entering = stage.kind === "entering" ? stage.entry : undefined
  useEffect(() => {
    if (!entering) return
    const begin = (pass: Pass): void => {
      passes.save(pass)
      setStage({ kind: "console", pass })
    }
    if (entering.kind === "token") begin({ appId: entering.appId, token: entering.token, renewable: false })
    else
      exchange(base, { appId: entering.appId, link: entering.link }).then(begin, (error: unknown) =>
        setStage({ kind: "signIn", problem: problemOf(text, error) }),
      )
  }, [entering])

  if (stage.kind !== "console")
    return (
      <SignIn
        text={text}
        problem={stage.kind === "signIn" ? stage.problem : undefined}
        entering={stage.kind === "entering"}
        onEntry={(entry) => setStage({ kind: "entering", entry })}
      />
    )
  return (
    <Session
      parts={parts}
      pass={stage.pass}
      preferences={preferences}
      onPreferences={prefer}
      onEnd={(problem) => {
        passes.clear()
        setStage({ kind: "signIn", ...(problem !== undefined && { problem }) })
      }}
    />
  )
}

function problemOf(text: Translate<WordKey>, error: unknown): string {
  if (!(error instanceof EntryRefused)) throw error
  if (error.code === "unreachable") return text("signIn.unreachable")
  return USELESS.has(error.code) ? text("signIn.used") : text("signIn.refused", { reason: error.message })
}

const USELESS: ReadonlySet<string> = new Set(["session_consumed", "session_invalid", "token_expired"])

interface SessionProps {
  readonly parts: AppParts
  readonly pass: Pass
  readonly preferences: Preferences
  readonly onPreferences: (preferences: Preferences) => void
  /** The console is over: the agent left, or may not stay. */
  readonly onEnd: (problem?: string) => void
}

/** An open console. When its token ends, what is open stays on the screen, behind a sign-in. */
function Session({ parts, pass, preferences, onPreferences, onEnd }: SessionProps): JSX.Element {
  const { text, locale, base } = parts
  const [current] = useState(() => ({ pass, sound: preferences.sound }))
  current.sound = preferences.sound
  const attention = useMemo(() => parts.attention(() => current.sound), [])
  const [client] = useState(() => clientOf(parts, current, attention))
  const [over, setOver] = useState<ErrorCode | undefined>(undefined)
  const [problem, setProblem] = useState<string | undefined>(undefined)

  useEffect(() => {
    const end = client.subscribe(() => {
      const { connection } = client.state
      setOver(connection.state === "signedOut" ? connection.code : undefined)
    })
    const wake = (): void => client.wake()
    const show = (): void => {
      const visible = document.visibilityState === "visible"
      client.act({ type: "visible", visible })
      if (visible) client.wake()
    }
    addEventListener("online", wake)
    document.addEventListener("visibilitychange", show)
    return () => {
      end()
      removeEventListener("online", wake)
      document.removeEventListener("visibilitychange", show)
      client.close()
    }
  }, [client])

  const comeBack = (entry: WayIn): void => {
    const back = (next: Pass): void => {
      if (next.appId !== current.pass.appId) setProblem(text("signIn.bad"))
      else {
        current.pass = next
        parts.passes.save(next)
        client.signIn()
      }
    }
    if (entry.kind === "token") back({ appId: entry.appId, token: entry.token, renewable: false })
    else
      exchange(base, { appId: entry.appId, link: entry.link }).then(back, (error: unknown) =>
        setProblem(problemOf(text, error)),
      )
  }
  const surroundings = useMemo<ConsoleSurroundings>(() => ({ client, text, locale }), [client, text, locale])
  return (
    <SurroundingsContext.Provider value={surroundings}>
      <div class="session" inert={over !== undefined}>
        <Console
          preferences={preferences}
          onPreferences={(next) => {
            if (next.sound && !preferences.sound) void attention.allow()
            onPreferences(next)
          }}
          onSignOut={() => onEnd()}
          onUnread={(count) => attention.badge(count)}
        />
      </div>
      {over !== undefined && (
        <div class="session-over">
          <SignIn
            text={text}
            problem={problem ?? endedWords(text, over, client)}
            entering={false}
            onEntry={comeBack}
          />
        </div>
      )}
    </SurroundingsContext.Provider>
  )
}

function endedWords(text: Translate<WordKey>, code: ErrorCode, { state }: AgentClient): string {
  if (code === "token_expired" || state.agent === undefined) return text("signIn.ended")
  return text("signIn.revoked")
}

function clientOf(
  { base, passes, text }: AppParts,
  current: { pass: Pass; sound: boolean },
  attention: Attention,
): AgentClient {
  const client = createAgentClient({
    url: base,
    appId: current.pass.appId,
    token: () => current.pass.token,
    async renew() {
      const { pass } = current
      if (!pass.renewable) return undefined
      const next = await exchange(base, { appId: pass.appId, token: pass.token })
      current.pass = next
      passes.save(next)
      return next.token
    },
    onAlert({ ticketId, from, text: words }) {
      const title = text("alert.title", { name: from ?? text("visitor") })
      const onClick = (): void => client.act({ type: "open", ticketId })
      attention.alert({ title, body: words, tag: ticketId, onClick })
    },
  })
  return client
}
