/** What a host asks the hub for, beside sending: pages of history go into the view as well. */
import type { Body, CommandName, Result } from "../protocol/commands.ts"
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

  /** The hub's answer, and what the host gets of it. A caller may drop the promise. */
  const ask = <C extends CommandName, R>(
    name: C,
    body: Body<C>,
    use: (result: Result<C>, isSameState: boolean) => R,
  ): Promise<R> => {
    const { stateNo } = context.state
    return quiet(
      request(runtime, name, body).then((result) => use(result, stateNo === context.state.stateNo)),
    )
  }

  return {
    messages(conversationId, { before, limit } = {}) {
      const from = before ?? completeFrom(account.view, conversationId)
      return ask("message:list", { conversationId, before: from, limit }, (page, isSameState) => {
        // After a new state the page may not adjoin the known messages: then it cannot say where they begin.
        if (isSameState || before) account.change((known) => applyPage(known, conversationId, page, from))
        return page
      })
    },
    conversations: (page = {}) =>
      ask("conversation:list", page, (result, isSameState) => {
        // After a new state the page may be older than that state.
        if (isSameState) account.change((known) => applyConversations(known, result, page.before))
        return result
      }),
    createConversation: ({ metadata } = {}) =>
      ask("conversation:create", { localId: newLocalId(), metadata }, ({ conversation }) => conversation),
    read: (conversationId, position) =>
      ask("conversation:read", { conversationId, position }, (result) => result),
    updateProfile: (profile) => ask("profile:update", profile, ({ user }) => user),
  }
}

/** Where the view's own messages begin; `undefined` if there is nothing before them, or none of them. */
function completeFrom(view: View | undefined, conversationId: string): string | undefined {
  const known = view && find(view, conversationId)
  return known?.messages.length ? known.completeFrom || undefined : undefined
}
