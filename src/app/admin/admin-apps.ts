/** The calls about apps: create, show, change. */
import type { AppRecord } from "../../domain/records.ts"
import { randomHex } from "../../lib/ids.ts"
import type { AdminApp as AppView } from "../../protocol/admin-calls.ts"
import { HubError } from "../../protocol/errors.ts"
import { changedSettings, DEFAULT_SETTINGS } from "../../protocol/settings.ts"
import type { Admin, AdminParts } from "./admin.ts"

export function appCalls({
  apps,
  now,
  partitions,
}: AdminParts): Pick<Admin, "createApp" | "getApp" | "patchApp"> {
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

function appView({ id, name, settings, createdAt }: AppRecord): AppView {
  return { id, ...(name !== undefined && { name }), settings, createdAt }
}

/** A user who has several conversations cannot go back to one, so `multi` is for good. */
function stillAllowed(record: AppRecord, next: AppRecord["settings"]): AppRecord["settings"] {
  if (record.settings.conversationMode === "multi" && next.conversationMode === "single")
    throw new HubError("conflict", "conversationMode cannot go back from multi to single.")
  return next
}
