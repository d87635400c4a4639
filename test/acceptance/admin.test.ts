/** Section 8: the admin API, as far as sections 1 to 4 need it. */
import { expect, it } from "vitest"
import { z } from "zod"
import { Admin } from "./admin-caller.ts"
import { ADMIN_TOKEN, SESSION_SECRET } from "./hub-process.ts"
import { range } from "./random.ts"
import { onBoth } from "./world.ts"

const app = z.object({
  app: z.looseObject({ id: z.string(), name: z.string().optional(), settings: z.looseObject({}) }),
})

onBoth("admin API", (world) => {
  it("8 nothing without the bearer token", async () => {
    const { url } = world.hub.node(0)
    const paths = ["/v1/apps/demo", "/v1/apps/demo/keys", "/v1/apps/demo/users/usr_x"]
    for (const token of ["", "wrong", `${ADMIN_TOKEN}x`, ADMIN_TOKEN.slice(0, -1), SESSION_SECRET])
      for (const path of paths)
        expect([401, 403]).toContain((await new Admin(url, token).request("GET", path)).status)
    for (const authorization of ["", "Bearer", `Basic ${ADMIN_TOKEN}`, ADMIN_TOKEN])
      expect([401, 403]).toContain(
        (await world.hub.admin().request("POST", "/v1/apps", {}, { authorization })).status,
      )
    expect([401, 403]).toContain((await fetch(`${url}/v1/apps/demo?token=${ADMIN_TOKEN}`)).status)
  })

  it("8 an app is made, read and changed; a change touches only what it names", async () => {
    const admin = world.hub.admin()
    const id = `shop_${Date.now()}`
    const settings = {
      conversationMode: "single",
      emailConflict: "ignore",
      allowedOrigins: ["https://a.example"],
    }
    const made = await admin.request("POST", "/v1/apps", { id, name: "Shöp", settings })
    expect(made.status).toBe(201)
    expect(app.parse(made.body).app).toMatchObject({ id, name: "Shöp", settings })
    expect(await admin.code("POST", "/v1/apps", { id })).toBe("conflict")
    const path = `/v1/apps/${id}`
    const patch = { settings: { emailConflict: "refuse" } }
    const patched = app.parse(await admin.call("PATCH", path, patch)).app
    expect(patched).toMatchObject({ name: "Shöp", settings: { ...settings, emailConflict: "refuse" } })
    expect(app.parse(await world.hub.admin(1).call("GET", path)).app).toEqual(patched)
    expect(app.parse(await admin.call("PATCH", path, { name: "New" })).app).toEqual({
      ...patched,
      name: "New",
    })
  })

  it("8 single → multi is allowed and live; multi → single is refused with conflict", async () => {
    const { id } = await world.app()
    const admin = world.hub.admin()
    await admin.call("PATCH", `/v1/apps/${id}`, { settings: { conversationMode: "multi" } })
    expect(await admin.code("PATCH", `/v1/apps/${id}`, { settings: { conversationMode: "single" } })).toBe(
      "conflict",
    )
    const read = app.parse(await admin.call("GET", `/v1/apps/${id}`)).app
    expect(read.settings).toMatchObject({ conversationMode: "multi" })
  })

  it("2 unknown and ill-typed fields are bad_request, unknown apps app_not_found", async () => {
    const { id } = await world.app()
    const admin = world.hub.admin()
    for (const body of [
      { surprise: 1 },
      { settings: { surprise: 1 } },
      { settings: { conversationMode: "many" } },
      { settings: { agentWorkspace: "yes" } },
      { settings: [] },
      { name: 7 },
      [],
      "[1",
      "null",
      "{",
    ]) {
      expect([body, await admin.code("POST", "/v1/apps", body)]).toEqual([body, "bad_request"])
      expect([body, await admin.code("PATCH", `/v1/apps/${id}`, body)]).toEqual([body, "bad_request"])
    }
    for (const name of ["nowhere", "__proto__", "constructor", "a%2Fb", "%00"])
      expect(["app_not_found", "bad_request"]).toContain(await admin.code("GET", `/v1/apps/${name}`))
    expect(await admin.code("POST", "/v1/apps/nowhere/keys", { role: "user" })).toBe("app_not_found")
    expect(await admin.code("POST", `/v1/apps/${id}/keys`, { role: "root" })).toBe("bad_request")
    expect(await admin.code("DELETE", `/v1/apps/${id}/keys/nobody`)).toBe("not_found")
    const huge = await admin
      .request("POST", "/v1/apps", { name: "x".repeat(2_000_000) })
      .catch(() => undefined)
    expect(huge === undefined || (huge.status >= 400 && huge.status < 500)).toBe(true)
    expect((await fetch(`${world.hub.node(0).url}/health/live`)).status).toBe(200)
  })

  it("8 keys: the secret is shown once, deleted keys are gone", async () => {
    const { id, key } = await world.app()
    const admin = world.hub.admin()
    const second = await admin.createKey(id)
    expect(second.secret).not.toBe(key.secret)
    const listed = await admin.request("GET", `/v1/apps/${id}/keys`)
    for (const { kid, secret } of [key, second]) {
      expect(listed.text).toContain(kid)
      expect(listed.text).not.toContain(secret)
    }
    await admin.deleteKey(id, second.kid)
    expect((await admin.request("GET", `/v1/apps/${id}/keys`)).text).not.toContain(second.kid)
  })

  it("8 a user with aliases, devices and conversations, by id and by external id", async () => {
    const shop = await world.app()
    const phone = await shop.member("ann", { deviceId: "ann-phone", on: 1 })
    await phone.send("of ann")
    const web = await shop.visitor({ deviceId: "ann-web" })
    await web.send("anonymous")
    const alias = web.userId
    await web.login(shop.token("ann"))
    for (const user of [await shop.user(phone.userId), await shop.user(alias), await shop.holder("ann")]) {
      expect(user).toMatchObject({ id: phone.userId, externalId: "ann", authenticated: true })
      expect(JSON.stringify(user.aliases)).toContain(alias)
      for (const device of ["ann-phone", "ann-web"]) expect(JSON.stringify(user.devices)).toContain(device)
      expect(JSON.stringify(user.conversations)).toContain(phone.conversationId)
    }
    expect(await shop.admin().code("GET", `/v1/apps/${shop.id}/users/usr_nobody`)).toBe("not_found")
    expect(await shop.admin().code("GET", `/v1/apps/${shop.id}/users?externalId=nobody`)).toBe("not_found")
  })

  it("8 a conversation's messages, page by page", async () => {
    const shop = await world.app()
    const web = await shop.visitor()
    for (const n of range(12)) await web.send(`${n}`)
    const { messages, more } = await shop.admin().page(shop.id, web.conversationId, "?limit=5")
    expect(messages.map(({ localId }) => localId)).toHaveLength(5)
    expect(more).toBe(true)
    const before = encodeURIComponent(messages[0]?.position ?? "")
    const older = await shop.admin().page(shop.id, web.conversationId, `?limit=5&before=${before}`)
    expect(older.messages.map((message) => "text" in message.content && message.content.text)).toEqual(
      range(5).map((n) => `${n + 2}`),
    )
    for (const query of ["?limit=0", "?limit=101", "?limit=x"])
      expect(
        await shop
          .admin()
          .code("GET", `/v1/apps/${shop.id}/conversations/${web.conversationId}/messages${query}`),
      ).toBe("bad_request")
  })

  it("8 a bot or a back end may send, and none may send as the user", async () => {
    const shop = await world.app()
    const web = await shop.visitor()
    await web.send("hello")
    const path = `/v1/apps/${shop.id}/conversations/${web.conversationId}/messages`
    const content = { type: "text", text: "beep" }
    for (const type of ["bot", "agent"]) {
      const author = { type, id: `${type}-1`, name: "Näme" }
      await shop.admin().call("POST", path, { localId: type, author, content: { type: "text", text: type } })
      const received = await web.hears(type)
      expect(received.author).toMatchObject({ type, name: "Näme" })
      expect(received.authenticated).toBe(false)
    }
    for (const body of [
      { localId: "x", author: { type: "user", id: "x" }, content },
      { localId: "x", author: { type: "system", id: "x" }, content },
      { localId: "x", author: "bot", content },
      { author: { type: "bot", id: "x" }, content },
      { localId: "x", author: { type: "bot", id: "x" } },
      { localId: "x", author: { type: "bot", id: "x" }, content: { type: "text", text: "" } },
      { localId: "x", author: { type: "bot", id: "x" }, content, surprise: 1 },
      '{"localId":"x","author":{"type":"bot","id":"x"},"content":{"type":"text","text":"\\ud800"}}',
    ])
      expect([body, await shop.admin().code("POST", path, body)]).toEqual([body, "bad_request"])
    const nowhere = `/v1/apps/${shop.id}/conversations/con_nowhere/messages`
    const good = { localId: "x", author: { type: "bot", id: "x" }, content }
    expect(await shop.admin().code("POST", nowhere, good)).toBe("not_found")
    await web.settle()
    expect(web.view.texts()).toEqual(["hello", "bot", "agent"])
  })

  it("[P4] secrets are never readable back in any admin answer", async () => {
    const shop = await world.app()
    const admin = shop.admin()
    const secret = await admin.createKey(shop.id)
    admin.answers.length = 0
    const jwt = shop.token("ann")
    const web = await shop.visitor()
    await web.send("hello")
    const { sessionToken } = web
    await web.login(jwt)
    const path = `/v1/apps/${shop.id}`
    for (const [method, to, body] of [
      ["GET", path],
      ["PATCH", path, { name: "x" }],
      ["GET", `${path}/keys`],
      ["GET", `${path}/users/${web.userId}`],
      ["GET", `${path}/users?externalId=ann`],
      ["GET", `${path}/conversations/${web.conversationId}`],
      ["GET", `${path}/conversations/${web.conversationId}/messages`],
      ["POST", `${path}/users/merge`, { survivingUserId: web.userId, discardedUserId: web.userId }],
      ["DELETE", `${path}/keys/${secret.kid}`],
      ["GET", "/v1/apps"],
    ] as const)
      await admin.request(method, to, body)
    const metrics = await (await fetch(`${world.hub.node(0).url}/metrics`)).text()
    const said = [...admin.answers.map(({ text }) => text), metrics].join("\n")
    for (const each of [secret.secret, shop.key.secret, jwt, sessionToken, ADMIN_TOKEN, SESSION_SECRET])
      expect(said.includes(each)).toBe(false)
  })
})
