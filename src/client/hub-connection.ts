/** The connection to the hub: opened, asked and closed as `reduce.ts` decides; what comes on it becomes inputs. */
import type { Body, CommandName, Result } from "../protocol/commands.ts"
import type { MessagingAuth } from "../protocol/handshake.ts"
import type { Account } from "./account.ts"
import type { ClientContext } from "./client-context.ts"
import { notConnected } from "./client-errors.ts"
import type { Effect } from "./client-inputs.ts"
import { type Answer, type Link, type LinkListener, openLink } from "./client-socket.ts"
import type { Signed } from "./client-state.ts"
import type { DeviceStorage } from "./device-storage.ts"

export interface HubConnectionParts {
  readonly device: DeviceStorage
  readonly account: Account
  /** What changes nothing of connection and identity. */
  readonly heard: Pick<LinkListener["hears"], "event" | "head" | "typing" | "presence">
}

export class HubConnection {
  readonly #context: ClientContext
  readonly #parts: HubConnectionParts
  #link: Link | undefined
  /** What comes from an earlier connection is ignored. */
  #run = 0

  constructor(context: ClientContext, parts: HubConnectionParts) {
    this.#context = context
    this.#parts = parts
  }

  get link(): Link | undefined {
    return this.#link?.open ? this.#link : undefined
  }

  open({ run, sessionToken, jwt, helpCenter }: Effect & { do: "open" }): void {
    const { settings, dispatch } = this.#context
    this.close()
    this.#run = run
    this.#link = openLink(settings, this.#auth(sessionToken, jwt, helpCenter), {
      refused: (error) => dispatch({ type: "refused", run, error }),
      lost: (error) => dispatch({ type: "lost", run, error }),
      hears: {
        ...this.#parts.heard,
        ready: (state) => dispatch({ type: "ready", run, state }),
        reconnect: (data) => dispatch({ type: "reconnect", data }),
        "auth:expiring": (data) => dispatch({ type: "expiring", data }),
        "auth:expired": () => dispatch({ type: "expired" }),
        "auth:required": () => dispatch({ type: "parked" }),
        "auth:revoked": (data) => dispatch({ type: "revoked", data }),
      },
    })
  }

  close(): void {
    this.#run = 0
    this.#link?.close()
    this.#link = undefined
  }

  login(run: number, no: number, signed: Signed): void {
    const { dispatch } = this.#context
    this.#ask(run, "login", { jwt: signed.jwt }, (answer) => {
      if (!answer.ok) return dispatch({ type: "loginAnswered", run, no, signed, answer })
      const { state, outcome, expiresAt } = answer.result
      const login = { outcome, expiresAt }
      dispatch({ type: "loginAnswered", run, no, signed, answer: { ok: true, state, login } })
    })
  }

  logout(run: number, id: number, everywhere: boolean): void {
    const { dispatch } = this.#context
    this.#ask(run, "logout", { everywhere: everywhere || undefined }, (answer) =>
      dispatch({
        type: "logoutAnswered",
        run,
        id,
        everywhere,
        answer: answer.ok ? { ok: true, state: answer.result.state } : answer,
      }),
    )
  }

  #ask<C extends CommandName>(
    run: number,
    name: C,
    body: Body<C>,
    done: (answer: Answer<Result<C>>) => void,
  ): void {
    if (this.#link && run === this.#run) this.#link.command(name, body, done)
    else done({ ok: false, error: notConnected() })
  }

  #auth(sessionToken: string | undefined, jwt: string | undefined, helpCenter: boolean): MessagingAuth {
    const { appId, channel, info } = this.#context.settings
    const { device, account } = this.#parts
    return {
      v: 1,
      appId,
      channel,
      deviceId: device.deviceId,
      sessionToken,
      jwt,
      helpCenter: helpCenter || undefined,
      cursor: account.view?.cursor,
      info,
    }
  }
}
