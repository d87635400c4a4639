/** The connection to the hub: opened, asked and closed as `reduce.ts` decides; what comes on it becomes inputs. */
import type { Body, CommandName, Result } from "../protocol/commands.ts"
import type { Account } from "./account.ts"
import type { ClientContext } from "./client-context.ts"
import type { Performers } from "./client-inputs.ts"
import { type Answer, type Hears, type Link, openLink } from "./client-socket.ts"
import type { DeviceStorage } from "./device-storage.ts"
import { notConnected } from "./error-makers.ts"

export interface HubConnectionParts {
  readonly device: DeviceStorage
  readonly account: Account
  /** The events that do not change connection or identity, so that `reduce.ts` need not see them. */
  readonly heard: Pick<Hears, "event" | "head" | "typing" | "presence">
}

export interface HubConnection extends Pick<Performers, "open" | "login" | "logout"> {
  readonly link: Link | undefined
  close(): void
}

export function hubConnection(
  { settings, dispatch }: ClientContext,
  { device, account, heard }: HubConnectionParts,
): HubConnection {
  let link: Link | undefined
  /** What comes from an earlier connection is ignored. */
  let current = 0

  const close = (): void => {
    current = 0
    link?.close()
    link = undefined
  }

  const ask = <C extends CommandName>(
    run: number,
    name: C,
    body: Body<C>,
    done: (answer: Answer<Result<C>>) => void,
  ): void => {
    if (link && run === current) link.command(name, body, done)
    else done({ ok: false, error: notConnected() })
  }

  return {
    get link() {
      return link?.open ? link : undefined
    },
    close,
    open({ run, sessionToken, jwt, helpCenter }) {
      const { appId, channel, info } = settings
      close()
      current = run
      link = openLink(
        settings,
        {
          v: 1,
          appId,
          channel,
          deviceId: device.deviceId,
          sessionToken,
          jwt,
          helpCenter: helpCenter || undefined,
          cursor: account.view?.cursor,
          info,
        },
        {
          ...heard,
          ready: (state) => dispatch({ type: "ready", run, state }),
          reconnect: (data) => dispatch({ type: "reconnect", data }),
          "auth:expiring": (data) => dispatch({ type: "expiring", data }),
          "auth:expired": () => dispatch({ type: "expired" }),
          "auth:required": () => dispatch({ type: "parked" }),
          "auth:revoked": (data) => dispatch({ type: "revoked", data }),
        },
        (type, error) => dispatch({ type, run, error }),
      )
    },
    login: (effect) =>
      ask(effect.run, "login", { jwt: effect.signed.jwt }, (answer) =>
        dispatch({ ...effect, type: "loginAnswered", answer }),
      ),
    logout: (effect) =>
      ask(effect.run, "logout", { everywhere: effect.everywhere }, (answer) =>
        dispatch({ ...effect, type: "logoutAnswered", answer }),
      ),
  }
}
