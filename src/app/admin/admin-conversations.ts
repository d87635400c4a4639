/** The calls about conversations: show one, list its messages, post a message. */
import type { ConversationId } from "../../protocol/branded.ts"
import { HubError } from "../../protocol/errors.ts"
import { business } from "../actor.ts"
import type { App } from "../app.ts"
import { FRAME_BUDGET, latestThatFit } from "../frame-budget.ts"
import { settleConversation } from "../merge-users.ts"
import { logsOf, pageBefore } from "../message-history.ts"
import { sendMessage } from "../send-message.ts"
import { showConversation } from "../show-conversations.ts"
import type { Admin, AdminParts } from "./admin.ts"

export function conversationCalls({
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

async function demandConversation(app: App, conversationId: ConversationId) {
  const found = await settleConversation(app, conversationId)
  if (!found) throw new HubError("not_found", "No such conversation.")
  return found
}
