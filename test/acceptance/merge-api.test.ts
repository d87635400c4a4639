/** 4.3 and 8: users merged by the API, while their sockets live. */
import { expect, it } from "vitest"
import { texts } from "./person-device.ts"
import { range } from "./random.ts"
import { expectTrueView, onBoth } from "./world.ts"

onBoth("merge by API", (world) => {
  it("4.3 sockets that proved the discarded id move with ready, reason merge, on the same connection", async () => {
    const app = await world.app()
    const ann = await app.member("ann")
    const bea = await app.member("bea", { on: 1 })
    await ann.send("of ann")
    await bea.send("of bea")
    const [old, discarded] = [bea.conversationId, bea.userId]
    await app.merge(ann.userId, bea.userId)
    const state = await bea.ready("merge")
    expect(state).toMatchObject({ resumed: false, user: { id: ann.userId, externalId: "ann" } })
    const { data } = await ann.event("user:merge")
    expect(data).toMatchObject({ reason: "api", mergedUsers: { discarded: { id: discarded } } })
    await bea.send("after", { conversationId: old })
    await app.say(old, "answer", 1)
    for (const device of [ann, bea]) {
      await device.shows("answer")
      expect(device.view.texts()).toEqual(["of ann", "of bea", "after", "answer"])
      expect(device.disconnects).toBe(0)
      await expectTrueView(device)
    }
    const again = await app.member("bea", { on: 1 })
    expect(again.view.user).toMatchObject({ id: ann.userId, externalId: "ann" })
  })

  it("[P4] 4.3 anonymous sockets are parked when the survivor is identified", async () => {
    const app = await world.app()
    const ann = await app.member("ann", { on: 1 })
    await ann.send("of ann")
    const web = await app.visitor()
    await web.send("of a visitor")
    await app.merge(ann.userId, web.userId)
    await web.signal("auth:required")
    await ann.shows("of a visitor")
    await ann.send("private")
    expect(await web.code("message:send", { localId: "x", content: { type: "text", text: "?" } })).toBe(
      "session_consumed",
    )
    expect(web.view.texts()).toEqual(["of a visitor"])
    const { outcome } = await web.login(app.token("ann"))
    expect(outcome).toBe("signed_in")
    expect(web.view.texts()).toEqual(["of ann", "of a visitor", "private"])
  })

  it("4.3 anonymous sockets move with a new session token when the survivor is anonymous too", async () => {
    const app = await world.app()
    const stays = await app.visitor({ deviceId: "stays" })
    const goes = await app.visitor({ deviceId: "goes", on: 1 })
    await stays.send("stays")
    await goes.send("goes")
    const token = goes.sessionToken
    await app.merge(stays.userId, goes.userId)
    await goes.ready("merge")
    expect(goes.userId).toBe(stays.userId)
    expect(goes.sessionToken).not.toBe(token)
    expect(goes.view.texts()).toEqual(["stays", "goes"])
    await stays.send("marker")
    await goes.shows("marker")
    const back = await app.visitor({ sessionToken: goes.sessionToken })
    expect(back.userId).toBe(stays.userId)
    expect((await app.refusal({ sessionToken: token })).code).toBe("session_consumed")
  })

  it("8 a merge with oneself is a no-op, also through an alias", async () => {
    const app = await world.app()
    const ann = await app.member("ann")
    const bea = await app.member("bea", { on: 1 })
    await ann.send("of ann")
    await bea.send("of bea")
    const alias = bea.userId
    await app.merge(ann.userId, ann.userId)
    await app.merge(ann.userId, alias)
    await bea.ready("merge")
    const before = await ann.fetch()
    for (const [one, two] of [
      [ann.userId, alias],
      [alias, ann.userId],
      [alias, alias],
    ] as const)
      await app.merge(one, two)
    await ann.settle()
    expect(await ann.fetch()).toEqual(before)
    expect(ann.events.filter(({ type }) => type === "user:merge")).toHaveLength(1)
    expect((await app.user(alias)).id).toBe(ann.userId)
  })

  it("8 dryRun tells what would move and moves nothing", async () => {
    const app = await world.app()
    const ann = await app.member("ann")
    const bea = await app.member("bea", { on: 1 })
    await ann.send("of ann")
    await bea.send("of bea")
    expect(await app.admin().merge(app.id, ann.userId, bea.userId, true)).toBeTypeOf("object")
    expect((await app.holder("bea")).id).toBe(bea.userId)
    await bea.send("still of bea")
    expect(texts(await bea.history(bea.conversationId))).toEqual(["of bea", "still of bea"])
    expect(bea.state?.reason).toBe("connect")
  })

  it("[P3] A→B and B→A at once: one survivor, nothing lost", async () => {
    for (const round of range(10)) {
      const app = await world.app()
      const ann = await app.member("ann")
      const bea = await app.member("bea", { on: 1 })
      await ann.send("of ann")
      await bea.send("of bea")
      const [a, b] = [ann.userId, bea.userId]
      await Promise.all([app.merge(a, b, round), app.merge(b, a, round + 1)])
      const survivor = (await app.user(a)).id
      expect((await app.user(b)).id).toBe(survivor)
      expect([a, b]).toContain(survivor)
      const fresh = await app.member("ann", { on: round })
      expect(fresh.userId).toBe(survivor)
      expect([...fresh.view.texts()].sort()).toEqual(["of ann", "of bea"])
    }
  })

  it("[P3] a login and an API merge of the same visitor at once", async () => {
    for (const round of range(5)) {
      const app = await world.app()
      const ann = await app.member("ann")
      await ann.send("of ann")
      const web = await app.visitor({ on: 1 })
      await web.send("of a visitor")
      await Promise.all([app.merge(ann.userId, web.userId, round), web.login(app.token("ann"))])
      expect(web.userId).toBe(ann.userId)
      await web.send("marker")
      for (const device of [ann, web]) {
        await device.shows("marker")
        expect(device.view.texts()).toEqual(["of ann", "of a visitor", "marker"])
        await expectTrueView(device)
      }
    }
  })

  it("4.3 a sleeping device of the discarded user comes to the survivor with the full state", async () => {
    const app = await world.app()
    const ann = await app.member("ann")
    const bea = await app.member("bea", { on: 1 })
    await ann.send("of ann")
    await bea.send("of bea")
    const { cursor, deviceId } = bea.leave() as { cursor: string; deviceId: string }
    await app.merge(ann.userId, bea.userId)
    const back = await app.member("bea", { cursor, deviceId, on: 1 })
    expect(back.state).toMatchObject({ resumed: false, user: { id: ann.userId } })
    expect(back.view.texts()).toEqual(["of ann", "of bea"])
  })

  it("8 unknown users are not found; bad bodies are refused", async () => {
    const app = await world.app()
    const ann = await app.member("ann")
    await ann.send("of ann")
    const path = `/v1/apps/${app.id}/users/merge`
    const call = (body: unknown) => app.admin().code("POST", path, body)
    expect(await call({ survivingUserId: ann.userId, discardedUserId: "usr_nobody" })).toBe("not_found")
    expect(await call({ survivingUserId: "usr_nobody", discardedUserId: ann.userId })).toBe("not_found")
    expect(await call({ survivingUserId: ann.userId })).toBe("bad_request")
    expect(await call({ survivingUserId: ann.userId, discardedUserId: 7 })).toBe("bad_request")
  })
})
