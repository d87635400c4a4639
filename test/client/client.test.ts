/**
 * The client against the hub as it is deployed: `node dist/main.js`, the wire, the clock. What only a broken hub
 * does is in `coming-back.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Client, type ClientOptions, memoryStorage } from "../../src/client/client.ts"
import { type Hub, startHub } from "../acceptance/harness.ts"
import { claimsOf, type Key, mint, nowSeconds } from "../acceptance/tokens.ts"
import { heard, newClient, status } from "./stage.ts"

let hub: Hub
beforeAll(async () => {
  hub = await startHub("embedded")
})
afterAll(async () => {
  await hub?.stop()
})

interface Place {
  readonly appId: string
  readonly key: Key
  client(options?: Partial<ClientOptions>): Client
  /** A `getToken` for this person; `life` in seconds. */
  token(externalId: string, life?: number): () => string
  say(conversationId: string, text: string): Promise<void>
}

async function place(settings: Record<string, unknown> = {}): Promise<Place> {
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

const texts = (client: Client): string[] =>
  client.view.conversations.flatMap(({ messages }) =>
    messages.map(({ content }) => (content.type === "text" ? content.text : content.type)),
  )

/** The view shows these texts, now or soon. */
async function shows(client: Client, ...wanted: string[]): Promise<void> {
  const there = (): boolean => JSON.stringify(texts(client)) === JSON.stringify(wanted)
  if (!there()) await heard(client, "view", there)
}

/** What two devices of one person, or one before and after fetching everything again, must agree on. */
const known = ({ view }: Client) => ({
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

describe("a visitor", () => {
  it("writes before he is connected, and reads the answer", async () => {
    const { client: open, say } = await place()
    const client = open()
    const first = client.send({ text: "hello" })
    expect(client.view.outgoing).toMatchObject([{ status: "pending" }])
    await client.connect()
    const { conversationId } = await first
    await say(conversationId, "good day")
    await shows(client, "hello", "good day")
    expect(client.view).toMatchObject({ outgoing: [], conversations: [{ unreadCount: 1 }] })
    const { position } = client.view.conversations[0]?.messages.at(-1) ?? { position: "" }
    const read = heard(client, "view", ({ conversations }) => conversations[0]?.unreadCount === 0)
    expect(await client.read(conversationId, position)).toEqual({ unreadCount: 0 })
    await read
  })

  it("is the same visitor after a reload, with what he had typed", async () => {
    const { client: open } = await place()
    const storage = memoryStorage()
    const before = open({ storage })
    await before.connect()
    await before.send({ text: "one" })
    const { user } = before.view
    before.disconnect()
    void before.send({ text: "two" }).catch(() => undefined)
    before.close()
    const after = open({ storage })
    await after.connect()
    await shows(after, "one", "two")
    expect(after.view.user).toEqual(user)
  })

  it("comes back with exactly what he missed", async () => {
    const { client: open, say } = await place()
    const client = open()
    await client.connect()
    const { conversationId } = await client.send({ text: "one" })
    await shows(client, "one")
    client.disconnect()
    for (const text of ["two", "three"]) await say(conversationId, text)
    await client.connect()
    await shows(client, "one", "two", "three")
    expect(client.view.conversations[0]?.unreadCount).toBe(2)
  })

  it("is told what the hub refuses, and goes on", async () => {
    const client = (await place()).client()
    await client.connect()
    const poison = client.send({ text: "x".repeat(5000) })
    const good = client.send({ text: "good" })
    await expect(poison).rejects.toMatchObject({ code: "bad_request" })
    await good
    expect(client.view.outgoing).toMatchObject([{ status: "failed" }])
  })
})

describe("signing in", () => {
  it("takes history and drafts of the visitor along, and all devices show one history", async () => {
    const { client: open, token } = await place()
    const phone = open()
    void phone.login(token("anna"))
    await phone.connect()
    await phone.send({ text: "from the phone" })
    const web = open()
    await web.connect()
    await web.send({ text: "as visitor" })
    const old = web.view.conversations[0]?.id ?? ""
    const result = await web.login(token("anna"))
    expect(result.outcome).toBe("merged")
    await shows(web, "from the phone", "as visitor")
    await shows(phone, "from the phone", "as visitor")
    const viaAlias = await web.send({ conversationId: old, text: "by the old id" })
    await shows(phone, "from the phone", "as visitor", "by the old id")
    expect(viaAlias.conversationId).toBe(phone.view.conversations[0]?.id)
    expect(known(phone)).toEqual(known(web))
  })

  it("before connecting comes with the handshake, together with the visitor's session", async () => {
    const { client: open, token } = await place()
    const storage = memoryStorage()
    const visitor = open({ storage })
    await visitor.connect()
    await visitor.send({ text: "before" })
    visitor.close()
    const client = open({ storage })
    const signedIn = client.login(token("ben"))
    await client.connect()
    expect((await signedIn).outcome).toBe("upgraded")
    expect(texts(client)).toEqual(["before"])
    expect(client.view.user).toMatchObject({ authenticated: true, externalId: "ben" })
  })

  it("as another person shows nothing of the first, and leaves nothing of him", async () => {
    const { client: open, token } = await place()
    const client = open()
    void client.login(token("anna"))
    await client.connect()
    await client.send({ text: "of anna" })
    expect((await client.login(token("ben"))).outcome).toBe("switched")
    expect(texts(client)).toEqual([])
    await client.send({ text: "of ben" })
    await client.login(token("anna"))
    await shows(client, "of anna")
  })

  it("with a bad token changes nothing", async () => {
    const { client: open, key } = await place()
    const client = open()
    await client.connect()
    await client.send({ text: "mine" })
    const before = known(client)
    const bad = mint({ ...key, secret: "x".repeat(32) }, claimsOf("anna"))
    await expect(client.login(() => bad)).rejects.toMatchObject({ code: "signature_invalid" })
    expect(known(client)).toEqual(before)
    await client.send({ text: "still mine" })
  })

  it("is renewed by itself, and what is typed around an expiry arrives once", async () => {
    const { client: open, token } = await place()
    const client = open()
    let asked = 0
    const login = client.login(() => {
      asked += 1
      return token("anna", asked === 1 ? 2 : 3600)()
    })
    await client.connect()
    await login
    const renewed = heard(client, "auth", ({ type }) => type === "login")
    await client.send({ text: "before" })
    await renewed
    await client.send({ text: "after" })
    await shows(client, "before", "after")
    expect(asked).toBe(2)
  })

  it("outlives an expiry that nobody could prevent", async () => {
    const { client: open, token, say } = await place()
    const client = open()
    let late = false
    void client.login(() => {
      if (!late && client.status.state === "live") throw new Error("the back end is away")
      return token("anna", late ? 3600 : 2)()
    })
    await client.connect()
    const { conversationId } = await client.send({ text: "before" })
    await status(client, "expired")
    const typed = client.send({ text: "typed while expired" })
    await say(conversationId, "missed")
    late = true
    await typed
    await shows(client, "before", "missed", "typed while expired")
  })

  it("in one tab parks the other, which follows with the token it is handed", async () => {
    const { client: open, token } = await place()
    const storage = memoryStorage()
    const tabs = (name: string) => new BroadcastChannel(name)
    const one = open({ storage, tabs })
    await one.connect()
    await one.send({ text: "hello" })
    const two = open({ storage, tabs })
    await two.connect()
    expect(two.view.user?.id).toBe(one.view.user?.id)
    const followed = heard(two, "auth", ({ type }) => type === "login")
    await one.login(token("anna"))
    await followed
    expect(known(two)).toEqual(known(one))
  })
})

describe("signing out", () => {
  it("gives a fresh visitor; signing in again gives the history back", async () => {
    const { client: open, token } = await place()
    const client = open()
    void client.login(token("anna"))
    await client.connect()
    await client.send({ text: "of anna" })
    await client.logout()
    expect(client.view).toMatchObject({ conversations: [], user: { authenticated: false } })
    await client.login(token("anna"))
    await shows(client, "of anna")
  })

  it("reaches the other tabs of this device, and not the other devices", async () => {
    const { client: open, token } = await place()
    const storage = memoryStorage()
    const [one, two, phone] = [open({ storage }), open({ storage }), open()]
    for (const client of [one, two, phone]) {
      void client.login(token("anna"))
      await client.connect()
    }
    await phone.send({ text: "of anna" })
    await shows(two, "of anna")
    const emptied = heard(two, "view", ({ user }) => user?.authenticated === false)
    await one.logout()
    expect((await emptied).conversations).toEqual([])
    expect(texts(phone)).toEqual(["of anna"])
  })

  it("everywhere ends the other devices, whose hosts are asked once", async () => {
    const { client: open, token } = await place()
    const old = token("anna")()
    const phone = open()
    void phone.login(() => old)
    await phone.connect()
    await phone.send({ text: "of anna" })
    const web = open()
    void web.login(token("anna"))
    await web.connect()
    const forgotten = heard(phone, "view", ({ user }) => user === undefined)
    await web.logout({ everywhere: true })
    expect((await forgotten).conversations).toEqual([])
    expect(phone.status).toEqual({ state: "revoked", reason: "logout", renewing: false })
  })
})

describe("many conversations", () => {
  it("are created, listed and paged", async () => {
    const client = (await place({ conversationMode: "multi" })).client()
    await client.connect()
    const { id } = await client.createConversation({ metadata: { topic: "tea" } })
    for (let n = 0; n < 12; n += 1) await client.send({ conversationId: id, text: `${n}` })
    const other = await client.createConversation()
    await client.send({ conversationId: other.id, text: "other" })
    const page = await client.messages(id, { limit: 5 })
    expect(page).toMatchObject({ messages: { length: 5 }, more: true })
    const { conversations } = await client.conversations({ limit: 10 })
    expect(conversations.map((each) => each.id)).toEqual([other.id, id])
  })
})

describe("the hub", () => {
  it("may be stopped and started: the client is back by itself, and nothing is lost or doubled", async () => {
    const { client: open } = await place()
    const client = open()
    await client.connect()
    await client.send({ text: "before" })
    const away = heard(client, "status", ({ state }) => state === "waiting")
    await hub.node(0).kill()
    await away
    const sent = [client.send({ text: "while away" }), client.send({ text: "and again" })]
    await hub.restart(0)
    await Promise.all(sent)
    await shows(client, "before", "while away", "and again")
    const fresh = heard(client, "view")
    client.disconnect()
    await client.connect()
    await fresh
    expect(texts(client)).toEqual(["before", "while away", "and again"])
  })
})
