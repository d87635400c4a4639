/** The connection to the hub: opened, asked and closed as `reduce.ts` decides; what comes on it becomes inputs. */
import type { Body, CommandName, Result } from "../protocol/commands.ts"
import type { Account } from "./account.ts"
import type { ClientContext } from "./client-context.ts"
import type { Performers } from "./client-inputs.ts"
import { type Answer, type Link, openLink } from "./client-socket.ts"
import type { DeviceStorage } from "./device-storage.ts"
import { notConnected } from "./error-makers.ts"
import type { GapRecovery } from "./gap-recovery.ts"
import type { OthersTyping } from "./typing-signals.ts"

export interface HubConnectionParts {
  readonly device: DeviceStorage
  readonly account: Account
  readonly recovery: GapRecovery
  readonly others: OthersTyping
}

export interface HubConnection extends Pick<Performers, "open" | "login" | "logout"> {
  readonly link: Link | undefined
  /** As the hub said last. */
  readonly agentsOnline: boolean | undefined
  close(): void
}

export function hubConnection(
  context: ClientContext,
  { device, account, recovery, others }: HubConnectionParts,
): HubConnection {
  const { settings, changed, dispatch, tell } = context
  let link: Link | undefined
  let agentsOnline: boolean | undefined

  const close = (): void => {
    link?.close()
    link = undefined
  }

  const ask = <C extends CommandName>(
    run: number,
    name: C,
    body: Body<C>,
    done: (answer: Answer<Result<C>>) => void,
  ): void => {
    // A sign-out may have waited for its turn, and the connection for which it was meant be over.
    if (link && run === context.state.run) link.command(name, body, done)
    else done({ ok: false, error: notConnected() })
  }

  return {
    get link() {
      return link?.open ? link : undefined
    },
    get agentsOnline() {
      return agentsOnline
    },
    close,
    open({ run, sessionToken, jwt, helpCenter }) {
      const { appId, channel, info } = settings
      close()
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
          // These change neither connection nor identity, so `reduce.ts` does not see them.
          event: recovery.receive,
          head: recovery.beat,
          typing(typing) {
            others.receive(typing)
            tell("typing", typing)
          },
          presence(presence) {
            agentsOnline = presence.agentsOnline
            changed()
            tell("presence", presence)
          },
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
