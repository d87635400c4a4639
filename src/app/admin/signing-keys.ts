/** The keys that an app's tokens are signed with, and links by which an agent signs in once. */
import { randomHex, randomToken } from "../../lib/ids.ts"
import { HubError } from "../../protocol/errors.ts"
import type { Admin, AdminParts } from "./admin.ts"

const MAX_KEYS = 10
const SECRET_BYTES = 32
/** How long a link is valid if the call does not say: enough to open an email that one waits for. */
const LINK_SECONDS = 600

export function keyCalls({
  apps,
  now,
  signLink,
}: AdminParts): Pick<Admin, "createKey" | "listKeys" | "deleteKey" | "createAgentLink"> {
  return {
    async createKey({ appId, role }) {
      const key = { kid: `app_${randomHex(12)}`, role, secret: randomToken(SECRET_BYTES), createdAt: now() }
      await apps.change(appId, (record) => {
        if (record.keys.length >= MAX_KEYS)
          throw new HubError("conflict", `The app has ${MAX_KEYS} live keys: delete one first.`)
        return { ...record, keys: [...record.keys, key] }
      })
      return { kid: key.kid, secret: key.secret }
    },

    async listKeys({ appId }) {
      const { record } = await apps.get(appId)
      return { keys: record.keys.map(({ kid, role, createdAt }) => ({ kid, role, createdAt })) }
    },

    async deleteKey({ appId, kid }) {
      await apps.change(appId, (record) => {
        if (!record.keys.some((key) => key.kid === kid)) throw new HubError("not_found", "No such key.")
        return { ...record, keys: record.keys.filter((key) => key.kid !== kid) }
      })
      return {}
    },

    async createAgentLink({ appId, agentId, name, expiresInSeconds = LINK_SECONDS }) {
      const { record } = await apps.get(appId)
      if (!record.keys.some(({ role }) => role === "agent"))
        throw new HubError("conflict", "The app has no key of role agent: make one first.")
      const expiresAt = now() + expiresInSeconds * 1000
      const linkId = randomToken(SECRET_BYTES)
      const link = await signLink({ appId, agentId, name, linkId, now: now(), expiresAt })
      const fragment = new URLSearchParams({ app: appId, link })
      return { path: `/console#${fragment}`, expiresAt }
    },
  }
}
