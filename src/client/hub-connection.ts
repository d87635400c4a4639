/** The connection to the hub: opened, asked and closed as `reduce.ts` decides; what comes on it becomes inputs. */
import type { FeedEvent, SignalData, SignalType } from "../protocol/events.ts"
import type { MessagingAuth } from "../protocol/handshake.ts"
import { notConnected } from "./client-errors.ts"
import type { Effect, Happening } from "./client-inputs.ts"
import type { Settings } from "./client-options.ts"
import { type Link, openLink } from "./client-socket.ts"
import type { Signed } from "./client-state.ts"

export interface HubConnectionParts {
  readonly settings: Settings
  readonly deviceId: () => string
  readonly cursor: () => string | undefined
  readonly dispatch: (happening: Happening) => void
  /** These change nothing of connection and identity. */
  readonly heard: {
    readonly event: (event: FeedEvent) => void
    readonly head: (data: SignalData["head"]) => void
    readonly typing: (data: SignalData["typing"]) => void
    readonly presence: (data: SignalData["presence"]) => void
  }
}

type Signals = { readonly [S in SignalType]: (data: SignalData[S]) => void }

export class HubConnection {
  readonly #parts: HubConnectionParts
  readonly #signals: Signals
  #link: Link | undefined
  /** What comes from an earlier connection is ignored. */
  #run = 0

  constructor(parts: HubConnectionParts) {
    this.#parts = parts
    const { dispatch, heard } = parts
    this.#signals = {
      head: heard.head,
      typing: heard.typing,
      presence: heard.presence,
      reconnect: (data) => dispatch({ type: "reconnect", data }),
      "auth:expiring": (data) => dispatch({ type: "expiring", data }),
      "auth:expired": () => dispatch({ type: "expired" }),
      "auth:required": () => dispatch({ type: "parked" }),
      "auth:revoked": (data) => dispatch({ type: "revoked", data }),
    }
  }

  get link(): Link | undefined {
    return this.#link?.open ? this.#link : undefined
  }

  open({ run, sessionToken, jwt, helpCenter }: Effect & { do: "open" }): void {
    const { settings, dispatch, heard } = this.#parts
    this.close()
    this.#run = run
    const current = (act: () => void): void => {
      if (run === this.#run) act()
    }
    this.#link = openLink(settings, this.#auth(sessionToken, jwt, helpCenter), {
      ready: (state) => dispatch({ type: "ready", run, state }),
      event: (event) => current(() => heard.event(event)),
      signal: (name, data) => current(() => this.#signals[name](data)),
      refused: (error) => dispatch({ type: "refused", run, error }),
      lost: (error) => dispatch({ type: "lost", run, error }),
    })
  }

  close(): void {
    this.#run = 0
    const link = this.#link
    this.#link = undefined
    link?.close()
  }

  login(run: number, no: number, signed: Signed): void {
    const { dispatch } = this.#parts
    const told = { type: "loginAnswered", run, no, signed } as const
    const { link } = this
    if (!link) {
      dispatch({ ...told, answer: { ok: false, error: notConnected() } })
      return
    }
    link.command("login", { jwt: signed.jwt }, (answer) => {
      if (!answer.ok) {
        dispatch({ ...told, answer })
        return
      }
      const { state, outcome, expiresAt } = answer.result
      dispatch({ ...told, answer: { ok: true, state, login: { outcome, expiresAt } } })
    })
  }

  logout(run: number, id: number, everywhere: boolean): void {
    const { dispatch } = this.#parts
    const told = { type: "logoutAnswered", run, id, everywhere } as const
    const { link } = this
    if (!link || run !== this.#run) {
      dispatch({ ...told, answer: { ok: false, error: notConnected() } })
      return
    }
    link.command("logout", everywhere ? { everywhere } : {}, (answer) =>
      dispatch({ ...told, answer: answer.ok ? { ok: true, state: answer.result.state } : answer }),
    )
  }

  #auth(sessionToken: string | undefined, jwt: string | undefined, helpCenter: boolean): MessagingAuth {
    const { appId, channel, info } = this.#parts.settings
    return {
      v: 1,
      appId,
      channel,
      deviceId: this.#parts.deviceId(),
      sessionToken,
      jwt,
      helpCenter: helpCenter || undefined,
      cursor: this.#parts.cursor(),
      info,
    }
  }
}
