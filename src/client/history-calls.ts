/** What a host asks the hub for, beside sending: pages of history go into the view as well. */
import type { Client } from "./client-api.ts"
import { request } from "./client-requests.ts"
import type { ClientRuntime } from "./client-runtime.ts"
import { quiet } from "./deferred.ts"
import { newLocalId } from "./local-id.ts"
import { applyConversations, applyPage, find } from "./user-view.ts"
import type { View } from "./view-model.ts"

type HistoryCalls = Pick<
  Client,
  "messages" | "conversations" | "createConversation" | "read" | "updateProfile"
>

export function historyCalls(runtime: ClientRuntime): HistoryCalls {
  const { account, context } = runtime

  const messages: Client["messages"] = async (conversationId, { before, limit } = {}) => {
    const from = before ?? completeFrom(account.view, conversationId)
    const { stateNo } = context.state
    const result = await request(runtime, "message:list", { conversationId, before: from, limit })
    // After a new state the page may not adjoin the known messages: then it cannot say where they begin.
    const adjoins = stateNo === context.state.stateNo || before !== undefined
    if (adjoins) account.change((known) => applyPage(known, conversationId, result, from))
    return result
  }

  const conversations: Client["conversations"] = async (page = {}) => {
    const { stateNo } = context.state
    const result = await request(runtime, "conversation:list", page)
    // After a new state the page may be older than that state.
    if (stateNo === context.state.stateNo)
      account.change((known) => applyConversations(known, result, page.before))
    return result
  }

  const createConversation: Client["createConversation"] = async ({ metadata } = {}) =>
    (await request(runtime, "conversation:create", { localId: newLocalId(), metadata })).conversation

  const updateProfile: Client["updateProfile"] = async (profile) =>
    (await request(runtime, "profile:update", profile)).user

  return {
    messages: (...call) => quiet(messages(...call)),
    conversations: (...call) => quiet(conversations(...call)),
    createConversation: (...call) => quiet(createConversation(...call)),
    read: (conversationId, position) =>
      quiet(request(runtime, "conversation:read", { conversationId, position })),
    updateProfile: (profile) => quiet(updateProfile(profile)),
  }
}

/** Where the view's own messages begin; `undefined` if there is nothing before them, or none of them. */
function completeFrom(view: View | undefined, conversationId: string): string | undefined {
  const known = view && find(view, conversationId)
  return known?.completeFrom !== "" && known && known.messages.length > 0 ? known.completeFrom : undefined
}
