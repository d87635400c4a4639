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
  const { account } = runtime
  return {
    messages: (conversationId, { before, limit } = {}) =>
      quiet(async () => {
        const from = before ?? completeFrom(account.view, conversationId)
        const { stateNo } = runtime.state
        const result = await request(runtime, "message:list", { conversationId, before: from, limit })
        // After a new state the page may not adjoin the known messages: then it cannot say where they begin.
        const adjoins = stateNo === runtime.state.stateNo || before !== undefined
        if (adjoins) account.change((known) => applyPage(known, conversationId, result, from))
        return result
      }),
    conversations: (page = {}) =>
      quiet(async () => {
        const { stateNo } = runtime.state
        const result = await request(runtime, "conversation:list", page)
        // After a new state the page may be older than that state.
        if (stateNo === runtime.state.stateNo)
          account.change((known) => applyConversations(known, result, page.before))
        return result
      }),
    createConversation: ({ metadata } = {}) =>
      quiet(async () => {
        const body = { localId: newLocalId(), metadata }
        return (await request(runtime, "conversation:create", body)).conversation
      }),
    read: (conversationId, position) =>
      quiet(() => request(runtime, "conversation:read", { conversationId, position })),
    updateProfile: (profile) => quiet(async () => (await request(runtime, "profile:update", profile)).user),
  }
}

/** Where the view's own messages begin; `undefined` if there is nothing before them, or none of them. */
function completeFrom(view: View | undefined, conversationId: string): string | undefined {
  const known = view && find(view, conversationId)
  return known?.completeFrom !== "" && known && known.messages.length > 0 ? known.completeFrom : undefined
}
