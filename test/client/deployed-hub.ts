/** The hub as it is deployed, `node dist/main.js`, with its wire and its clock, and apps on it for clients under test. */
import type { Client, ClientOptions } from "../../src/client/client.ts"
import type { Hub } from "../acceptance/harness.ts"
import { claimsOf, type Key, mint, nowSeconds } from "../acceptance/tokens.ts"
import { newClient, nextEvent } from "./scripted-hub.ts"

export interface AppOnHub {
  readonly appId: string
  readonly key: Key
  client(options?: Partial<ClientOptions>): Client
  /** A `getToken` for this person; `life` in seconds. */
  token(externalId: string, life?: number): () => string
  say(conversationId: string, text: string): Promise<void>
}

export async function newApp(hub: Hub, settings: Record<string, unknown> = {}): Promise<AppOnHub> {
  const admin = hub.admin()
  const appId = await admin.createApp({ conversationMode: "single", agentWorkspace: true, ...settings })
  const key = await admin.createKey(appId)
  return {
    appId,
    key,
    client: (options = {}) => newClient(hub.node(0).url, { appId, timeoutMs: 5_000, ...options }),
    token:
      (externalId, life = 3600) =>
      () =>
        mint(key, claimsOf(externalId, { exp: nowSeconds() + life })),
    say: (conversationId, text) => admin.say(appId, conversationId, text),
  }
}

export const texts = (client: Client): string[] =>
  client.view.conversations.flatMap(({ messages }) =>
    messages.map(({ content }) => (content.type === "text" ? content.text : content.type)),
  )

/** The view shows these texts, now or soon. */
export async function shows(client: Client, ...wanted: string[]): Promise<void> {
  const there = (): boolean => JSON.stringify(texts(client)) === JSON.stringify(wanted)
  if (!there()) await nextEvent(client, "view", there)
}

/** What two devices of one person, or one before and after fetching everything again, must agree on. */
export const known = ({ view }: Client) => ({
  user: view.user,
  conversations: view.conversations.map((each) => ({
    id: each.id,
    status: each.status,
    unreadCount: each.unreadCount,
    updatedAt: each.updatedAt,
    lastMessage: each.lastMessage?.id,
    messages: each.messages,
    more: each.more,
  })),
})
