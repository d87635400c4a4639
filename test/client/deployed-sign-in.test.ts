/** Signing in and out, by a client against the hub as it is deployed; a broken hub is in `who-is-here.test.ts`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { memoryStorage } from "../../src/client/client.ts"
import { type Hub, startHub } from "../acceptance/harness.ts"
import { claimsOf, mint } from "../acceptance/tokens.ts"
import { known, newApp, shows, texts } from "./deployed-hub.ts"
import { nextEvent, status } from "./scripted-hub.ts"

let hub: Hub
beforeAll(async () => {
  hub = await startHub("embedded")
})
afterAll(async () => {
  await hub?.stop()
})

describe("signing in", () => {
  it("takes history and drafts of the visitor along, and all devices show one history", async () => {
    const { client: open, token } = await newApp(hub)
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
    const { client: open, token } = await newApp(hub)
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

  it("as another person shows nothing of the first, and leaves nothing of them", async () => {
    const { client: open, token } = await newApp(hub)
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
    const { client: open, key } = await newApp(hub)
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
    const { client: open, token } = await newApp(hub)
    const client = open()
    let asked = 0
    const login = client.login(() => {
      asked += 1
      return token("anna", asked === 1 ? 2 : 3600)()
    })
    await client.connect()
    await login
    const renewed = nextEvent(client, "auth", ({ type }) => type === "login")
    await client.send({ text: "before" })
    await renewed
    await client.send({ text: "after" })
    await shows(client, "before", "after")
    expect(asked).toBe(2)
  })

  it("outlives an expiry for which no new token could be had", async () => {
    const { client: open, token, say } = await newApp(hub)
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
    const { client: open, token } = await newApp(hub)
    const storage = memoryStorage()
    const tabs = (name: string) => new BroadcastChannel(name)
    const one = open({ storage, tabs })
    await one.connect()
    await one.send({ text: "hello" })
    const two = open({ storage, tabs })
    await two.connect()
    expect(two.view.user?.id).toBe(one.view.user?.id)
    const followed = nextEvent(two, "auth", ({ type }) => type === "login")
    await one.login(token("anna"))
    await followed
    expect(known(two)).toEqual(known(one))
  })
})

describe("signing out", () => {
  it("gives a fresh visitor; signing in again gives the history back", async () => {
    const { client: open, token } = await newApp(hub)
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
    const { client: open, token } = await newApp(hub)
    const storage = memoryStorage()
    const [one, two, phone] = [open({ storage }), open({ storage }), open()]
    for (const client of [one, two, phone]) {
      void client.login(token("anna"))
      await client.connect()
    }
    await phone.send({ text: "of anna" })
    await shows(two, "of anna")
    const emptied = nextEvent(two, "view", ({ user }) => user?.authenticated === false)
    await one.logout()
    expect((await emptied).conversations).toEqual([])
    expect(texts(phone)).toEqual(["of anna"])
  })

  it("everywhere ends the other devices, whose hosts are asked once", async () => {
    const { client: open, token } = await newApp(hub)
    const old = token("anna")()
    const phone = open()
    void phone.login(() => old)
    await phone.connect()
    await phone.send({ text: "of anna" })
    const web = open()
    void web.login(token("anna"))
    await web.connect()
    const forgotten = nextEvent(phone, "view", ({ user }) => user === undefined)
    await web.logout({ everywhere: true })
    expect((await forgotten).conversations).toEqual([])
    expect(phone.status).toEqual({ state: "revoked", reason: "logout", renewing: false })
  })
})
