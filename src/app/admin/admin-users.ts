/** The calls about users: find one by external id, get one by id, merge two. */

import { pageCursorOf, parsePageCursor } from "../../domain/cursor.ts"
import { deviceNamed } from "../../domain/device.ts"
import { movedBy, planMerge } from "../../domain/fold.ts"
import { userView } from "../../domain/user.ts"
import type { AdminResult } from "../../protocol/admin-calls.ts"
import { HubError } from "../../protocol/errors.ts"
import { MAX_SHOWN_ALIASES } from "../agents/agent-views.ts"
import type { App } from "../app.ts"
import { conversationsOf } from "../conversation-lookup.ts"
import { holderOf } from "../directory.ts"
import { mergeUsers } from "../merge-queue.ts"
import type { MergeUsers } from "../merge-request.ts"
import { resolveUser } from "../merge-users.ts"
import { showConversation } from "../show-conversations.ts"
import { showable } from "../showable.ts"
import { loadSurvivor, loadUserData, mergeTargetOf, type ResolvedUser } from "../user-data.ts"
import type { Admin, AdminParts } from "./admin.ts"

export function userCalls({ apps, now }: AdminParts): Pick<Admin, "findUser" | "getUser" | "mergeUsers"> {
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
      const users = { discardedId: discardedUserId, survivingId: survivingUserId, reason: "api" } as const
      const report = await mergeReport(app, users, dryRun)
      if (!dryRun) await mergeUsers(app, users, now())
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
  { survivingId, discardedId }: MergeUsers,
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
