/** What the admin API can do (docs/protocol.md 8): apps, keys, users and conversations, seen by the operator. */

import { pageCursorOf, parsePageCursor } from "../domain/cursor.ts"
import { deviceNamed } from "../domain/device.ts"
import { movedBy, planMerge } from "../domain/fold.ts"
import type { AppRecord } from "../domain/records.ts"
import { userView } from "../domain/user.ts"
import { randomHex, randomToken } from "../lib/ids.ts"
import type { AdminCall, AdminRequest, AdminResult, App as AppView } from "../protocol/admin-calls.ts"
import { HubError } from "../protocol/errors.ts"
import { changedSettings, DEFAULT_SETTINGS } from "../protocol/settings.ts"
import { business } from "./actor.ts"
import { MAX_SHOWN_ALIASES } from "./agents/agent-views.ts"
import type { App } from "./app.ts"
import type { Apps } from "./app-registry.ts"
import { conversationsOf } from "./conversation-lookup.ts"
import { holderOf } from "./directory.ts"
import { FRAME_BUDGET, latestThatFit } from "./frame-budget.ts"
import { mergeUsers } from "./merge-queue.ts"
import { resolveUser, settleConversation } from "./merge-users.ts"
import { logsOf, pageBefore } from "./message-history.ts"
import { sendMessage } from "./send-message.ts"
import { showConversation } from "./show-conversations.ts"
import { showable } from "./showable.ts"
import { loadSurvivor, loadUserData, mergeTargetOf, type ResolvedUser } from "./user-data.ts"

export type Admin = { readonly [C in AdminCall]: (request: AdminRequest<C>) => Promise<AdminResult<C>> }

export interface AdminParts {
  readonly apps: Apps
  readonly now: () => number
  /** How many partitions a new app is spread over. */
  readonly partitions: number
  /** Makes the secret part of a link by which an agent signs in once. */
  readonly signLink: (link: {
    readonly appId: string
    readonly agentId: string
    readonly name?: string | undefined
    readonly linkId: string
    readonly now: number
    readonly expiresAt: number
  }) => Promise<string>
}

const MAX_KEYS = 10
const SECRET_BYTES = 32
/** Long enough to open a mail that one waits for. */
const LINK_SECONDS = 600

export const createAdmin = (parts: AdminParts): Admin => ({
  ...appCalls(parts),
  ...keyCalls(parts),
  ...userCalls(parts),
  ...conversationCalls(parts),
})

/** Apps: made, shown, changed. */
function appCalls({ apps, now, partitions }: AdminParts): Pick<Admin, "createApp" | "getApp" | "patchApp"> {
  return {
    async createApp({ id, name, settings = {} }) {
      const record: AppRecord = {
        id: id ?? `app_${randomHex(8)}`,
        ...(name !== undefined && { name }),
        settings: changedSettings(DEFAULT_SETTINGS, settings),
        createdAt: now(),
        partitions,
        keys: [],
      }
      await apps.create(record)
      return { app: appView(record) }
    },

    async getApp({ appId }) {
      return { app: appView((await apps.get(appId)).record) }
    },

    async patchApp({ appId, name, settings }) {
      const changed = await apps.change(appId, (record) => ({
        ...record,
        ...(name !== undefined && { name }),
        ...(settings && { settings: stillAllowed(record, changedSettings(record.settings, settings)) }),
      }))
      return { app: appView(changed) }
    },
  }
}

/** The keys that tokens are signed with, and links by which an agent signs in once. */
function keyCalls({
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

/** Users: by either of their ids, and two of them made one. */
function userCalls({ apps, now }: AdminParts): Pick<Admin, "findUser" | "getUser" | "mergeUsers"> {
  return {
    async findUser({ appId, externalId, before }) {
      const app = await apps.get(appId)
      return showUser(app, await holderOf(app, externalId, now()), before)
    },

    async getUser({ appId, userId, before }) {
      const app = await apps.get(appId)
      return showUser(app, await resolveUser(app, userId), before)
    },

    async mergeUsers({ appId, survivingUserId, discardedUserId, dryRun = false }) {
      const app = await apps.get(appId)
      const report = await mergeReport(app, survivingUserId, discardedUserId, dryRun)
      if (!dryRun)
        await mergeUsers(
          app,
          { discardedId: discardedUserId, survivingId: survivingUserId, reason: "api" },
          now(),
        )
      const survivor = await resolveUser(app, survivingUserId)
      if (!survivor) throw new HubError("not_found", "No such user.")
      return {
        ...report,
        mergedUsers: {
          surviving: userView(survivor.record),
          discarded: { id: report.mergedUsers.discarded.id },
        },
      }
    },
  }
}

/** Conversations: shown, and written in. */
function conversationCalls({
  apps,
  now,
}: AdminParts): Pick<Admin, "getConversation" | "listMessages" | "postMessage"> {
  return {
    async getConversation({ appId, conversationId }) {
      const app = await apps.get(appId)
      return { conversation: await showConversation(app, await demandConversation(app, conversationId), 0) }
    },

    async listMessages({ appId, conversationId, before, limit = 50 }) {
      const app = await apps.get(appId)
      const { partition, record } = await demandConversation(app, conversationId)
      const page = await pageBefore(logsOf(app, partition, record), record.id, "business", limit, { before })
      const messages = latestThatFit(page.messages, FRAME_BUDGET)
      return { messages, more: page.more || messages.length < page.messages.length }
    },

    async postMessage({ appId, conversationId, localId, author, content }) {
      const app = await apps.get(appId)
      const actor = business(app, conversationId, author, { channel: "api" })
      return sendMessage(app, actor, { localId, conversationId, content }, now())
    },
  }
}

function appView({ id, name, settings, createdAt }: AppRecord): AppView {
  return { id, ...(name !== undefined && { name }), settings, createdAt }
}

/** A user who has several conversations cannot go back to one, so `multi` is for good. */
function stillAllowed(record: AppRecord, next: AppRecord["settings"]): AppRecord["settings"] {
  if (record.settings.conversationMode === "multi" && next.conversationMode === "single")
    throw new HubError("conflict", "conversationMode cannot go back from multi to single.")
  return next
}

async function demandConversation(app: App, conversationId: string) {
  const found = await settleConversation(app, conversationId)
  if (!found) throw new HubError("not_found", "No such conversation.")
  return found
}

/** With the latest hundred conversations before `before`; `next` is where the following ones begin. */
async function showUser(
  app: App,
  person: ResolvedUser | undefined,
  before: string | undefined,
): Promise<AdminResult<"getUser">> {
  if (!person) throw new HubError("not_found", "No such user.")
  const { partition, record } = person
  const place = before === undefined ? undefined : parsePageCursor(before)
  const [aliases, devices, { places, next }] = await Promise.all([
    partition.rank("aliases", record.id, { limit: MAX_SHOWN_ALIASES }),
    partition.rank("devices", record.id, { limit: 100 }),
    conversationsOf(partition, record.id, { ...(place && { before: place }), limit: 100 }),
  ])
  const user = {
    ...userView(record),
    aliases: aliases.map(({ member }) => member),
    devices: devices.flatMap(({ member }) => deviceNamed(member) ?? []),
    conversations: await showable(
      app,
      "conversation",
      places,
      (one) => one.record.id,
      (one) => showConversation(app, one, 0),
    ),
  }
  return { user, ...(next && { next: pageCursorOf(next) }) }
}

async function mergeReport(
  app: App,
  survivingId: string,
  discardedId: string,
  dryRun: boolean,
): Promise<AdminResult<"mergeUsers">> {
  const [survivor, discarded] = [await resolveUser(app, survivingId), await resolveUser(app, discardedId)]
  if (!survivor || !discarded) throw new HubError("not_found", "No such user.")
  const surviving = userView(survivor.record)
  const mergedUsers = { surviving, discarded: { id: discarded.record.id } }
  if (survivor.record.id === discarded.record.id)
    return {
      dryRun,
      mergedUsers,
      mergedConversations: [],
      moved: { conversations: 0, messages: 0, tickets: 0 },
    }
  const userData = await loadUserData(app, discarded)
  const { conversationMode } = app.settings
  const plan = planMerge(
    userData.conversations,
    userData.partition,
    mergeTargetOf(await loadSurvivor(app, survivor)),
    conversationMode,
    0,
  )
  return {
    dryRun,
    mergedUsers,
    mergedConversations: [...plan.pairs],
    moved: movedBy(plan),
  }
}
