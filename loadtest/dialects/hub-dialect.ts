/** The hub's own words (docs/protocol.md 3, 6): a room is a person who is signed in on all devices. */
import type { Dialect } from "./dialect.ts"
import { sign, type TokenKey } from "./token.ts"

export interface HubOptions {
  readonly appId: string
  readonly user: TokenKey
  readonly agent: TokenKey
}

/** Options travel as texts. */
export const toTexts = ({ appId, user, agent }: HubOptions): Record<string, string> => ({
  appId,
  userKid: user.kid,
  userSecret: user.secret,
  agentKid: agent.kid,
  agentSecret: agent.secret,
})

export function fromTexts(texts: Readonly<Record<string, string>>): HubOptions {
  const text = (name: string): string => {
    const found = texts[name]
    if (found === undefined) throw new Error(`The hub's dialect lacks its option ${name}.`)
    return found
  }
  return {
    appId: text("appId"),
    user: { kid: text("userKid"), secret: text("userSecret") },
    agent: { kid: text("agentKid"), secret: text("agentSecret") },
  }
}

const externalId = (room: number): string => `person-${room}`

export const userToken = (key: TokenKey, id: string): string => sign(key, { scope: "user", external_id: id })

export const agentToken = (key: TokenKey, agent: number): string =>
  sign(key, { scope: "agent", sub: `agent-${agent}`, name: `Agent ${agent}` })

/** What every handshake of a device begins with. */
export const introduction = (appId: string, deviceId: string): object => ({
  v: 1,
  appId,
  channel: "web",
  deviceId,
})

export function hubDialect(texts: Readonly<Record<string, string>>): Dialect {
  const { appId, user, agent } = fromTexts(texts)
  return {
    namespace: "/messaging",
    ready: "ready",
    device: (room, device) => ({
      ...introduction(appId, `device-${room}-${device}`),
      jwt: userToken(user, externalId(room)),
    }),
    visitor: (number) => introduction(appId, `visitor-${number}`),
    send: (localId, text) => JSON.stringify(["message:send", { localId, content: { type: "text", text } }]),
    delivery: '"conversation:message"',
    accepted: '[{"ok":true',
    console: {
      namespace: "/agent",
      ready: "ready",
      agent: (number) => ({ v: 1, appId, token: agentToken(agent, number) }),
    },
    comeback: {
      device: (room, device, cursor) => ({
        ...introduction(appId, `device-${room}-${device}`),
        jwt: userToken(user, externalId(room)),
        cursor,
      }),
      markOf: (ready) => String(Reflect.get(Object(ready), "cursor")),
      missed: async (_, ready) => ({
        events: JSON.stringify(Reflect.get(Object(ready), "events") ?? []),
        full: Reflect.get(Object(ready), "resumed") !== true,
      }),
    },
  }
}
