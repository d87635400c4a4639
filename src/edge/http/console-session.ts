/**
 * `POST /console/session`: a link, or a token that came from one, is exchanged for a fresh token of the agent. Both
 * are in the body alone, so neither is in any address or log.
 */
import { z } from "zod"
import { spendLink } from "../../app/agents/spend-link.ts"
import type { App } from "../../app/app.ts"
import type { Apps } from "../../app/app-registry.ts"
import { HubError } from "../../protocol/errors.ts"
import { fieldRefused } from "../../protocol/untrusted.ts"
import {
  type AgentLinks,
  type AgentOfLink,
  agentKeyOf,
  isRenewable,
  mintAgentToken,
} from "../auth/agent-link.ts"
import type { AgentClaims } from "../auth/token-verifier.ts"
import { bodyOf } from "./body.ts"
import { json, methodRefused, type Route } from "./exchange.ts"

export interface ConsoleSessionParts {
  readonly apps: Apps
  readonly links: AgentLinks
  readonly verify: (app: App, jwt: string) => Promise<AgentClaims>
  /** Unix milliseconds. */
  readonly now: () => number
}

const MAX_TOKEN_CHARACTERS = 8192

const body = z.union([
  z.strictObject({ appId: z.string(), link: z.string().max(MAX_TOKEN_CHARACTERS) }),
  z.strictObject({ appId: z.string(), token: z.string().max(MAX_TOKEN_CHARACTERS) }),
])

export function consoleSession({ apps, links, verify, now }: ConsoleSessionParts): Route {
  /** @throws HubError `session_invalid`, `session_consumed` */
  const byLink = async (app: App, link: string): Promise<AgentOfLink & { linkedAt: number }> => {
    const { linkId, ...agent } = await links.verify(link, { appId: app.id, now: now() })
    if (!(await spendLink(app, linkId))) throw new HubError("session_consumed", "The link was used before.")
    return { ...agent, linkedAt: Math.floor(now() / 1000) }
  }
  /** @throws HubError as for the token; `forbidden` for one that its host renews */
  const byToken = async (app: App, token: string): Promise<AgentOfLink & { linkedAt: number }> => {
    const { agentId, name, linkedAt } = await verify(app, token)
    if (!isRenewable(linkedAt, now())) throw new HubError("forbidden", "This token is not renewed here.")
    return { agentId, name, linkedAt }
  }
  return {
    at: "/console/session",
    async answer({ method, request: incoming }) {
      if (method !== "POST") return methodRefused(method, ["POST"])
      const asked = body.safeParse(await bodyOf(incoming))
      if (!asked.success) throw fieldRefused(asked.error)
      const app = await apps.get(asked.data.appId)
      const agent =
        "link" in asked.data ? await byLink(app, asked.data.link) : await byToken(app, asked.data.token)
      const key = agentKeyOf(app.record.keys)
      if (!key) throw new HubError("forbidden", "The app has no key of role agent.")
      return json(200, await mintAgentToken(key, agent, agent.linkedAt, now()))
    },
  }
}
