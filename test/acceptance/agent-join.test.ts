/** 6: `conversation:join`: an agent folds one conversation of a user into another of the same user. */
import { expect, it } from "vitest"
import { type Desk, expectTrueConsole, openDesk, said } from "./agent-desk.ts"
import { texts } from "./person-device.ts"
import { range } from "./random.ts"
import { type App, expectTrueView, onBoth } from "./world.ts"

const MULTI = { conversationMode: "multi" }

/** Late sign-in in multi mode: two conversations and two tickets for one matter. */
async function duplicates(app: App, desk: Desk) {
  const ada = await desk.console("ada")
  const bob = await desk.console("bob", { on: 1 })
  const phone = await app.member("ann", { on: 1 })
  const web = await app.visitor()
  const kept = await desk.begins(ada, phone, "phone 1")
  const gone = await desk.begins(ada, web, "web 1")
  await ada.say(gone.conversationId, "answer to the web")
  await phone.send("phone 2")
  await web.login(app.token("ann"))
  await phone.event("user:merge")
  const ids = { survivingId: kept.conversationId, discardedId: gone.conversationId }
  return { ada, bob, phone, web, kept, gone, ids }
}
const ALL = ["phone 1", "web 1", "answer to the web", "phone 2"]

onBoth("conversation:join", (world) => {
  it("[P3] one history by time of receipt, one ticket, told live to user and agents", async () => {
    const { app, desk } = await openDesk(world, MULTI)
    const { ada, bob, phone, web, kept, gone, ids } = await duplicates(app, desk)
    const { conversation } = await ada.ask("conversation:join", ids)
    expect(conversation).toMatchObject({ id: ids.survivingId, status: "open" })
    const merged = [{ surviving: ids.survivingId, discarded: ids.discardedId }]
    for (const device of [phone, web]) {
      const { data } = await device.event("conversation:merge")
      expect(data.mergedConversations).toEqual(merged)
      expect(device.view.conversations().map(({ id }) => id)).toEqual([ids.survivingId])
      expect(device.view.texts()).toEqual(ALL)
      await expectTrueView(device)
    }
    for (const console of [ada, bob]) {
      const { data } = await console.event("conversation:merge")
      expect(data).toMatchObject({ userId: phone.userId, mergedConversations: merged })
      const closed = await console.ticket(gone.id, ({ mergedInto }) => mergedInto !== undefined)
      expect(closed).toMatchObject({ status: "closed", mergedInto: kept.id, authenticated: false })
      await expectTrueConsole(console)
      expect(said(console.view.messages(ids.survivingId))).toEqual(ALL)
      expect(console.view.active().map(({ id }) => id)).toEqual([kept.id])
    }
  })

  it("[P5] the discarded id goes on working for everybody, also as part of the next join", async () => {
    const { app, desk } = await openDesk(world, MULTI)
    const { ada, bob, phone, kept, ids } = await duplicates(app, desk)
    await ada.ask("conversation:join", ids)
    await phone.send("by the old id", { conversationId: ids.discardedId })
    await bob.say(ids.discardedId, "answered by the old id")
    expect(said(await bob.history(ids.discardedId))).toEqual([
      ...ALL,
      "by the old id",
      "answered by the old id",
    ])
    const { conversation: third } = await phone.ask("conversation:create", {})
    await phone.send("third", { conversationId: third.id })
    const { conversation } = await bob.ask("conversation:join", {
      survivingId: third.id,
      discardedId: ids.discardedId,
    })
    expect(conversation.id).toBe(third.id)
    for (const old of [ids.survivingId, ids.discardedId]) {
      expect(texts(await phone.history(old)).slice(0, 4)).toEqual(ALL)
      expect((await bob.say(old, `to ${old}`)).message.conversationId).toBe(third.id)
    }
    const went = await ada.ticket(kept.id, ({ status }) => status === "closed")
    expect(went.mergedInto).toBe((await ada.begun(third.id)).id)
    await expectTrueConsole(ada)
    await expectTrueView(phone)
  })

  it("[P3] only the discarded one has an active ticket: it becomes the survivor's", async () => {
    const { app, desk } = await openDesk(world, MULTI)
    const { ada, phone, kept, gone, ids } = await duplicates(app, desk)
    await ada.set(kept.id, { status: "closed" })
    await ada.ask("conversation:join", ids)
    const moved = await ada.ticket(gone.id, ({ conversationId }) => conversationId === ids.survivingId)
    expect(moved).toMatchObject({ status: "open", authenticated: true })
    await phone.send("to the moved ticket", { conversationId: ids.survivingId })
    await expectTrueConsole(ada)
    expect(ada.view.active().map(({ id }) => id)).toEqual([gone.id])
  })

  it("[P3] unread counts add up, and sends in flight land once", async () => {
    const { app, desk } = await openDesk(world, MULTI)
    const { ada, bob, phone, web, ids } = await duplicates(app, desk)
    await ada.say(ids.survivingId, "one more")
    await phone.hears("one more")
    const unread = (await phone.fetch()).reduce((sum, { unreadCount }) => sum + unreadCount, 0)
    const says = range(10).flatMap((n) => [
      bob.say(ids.discardedId, `d${n}`),
      ada.say(ids.survivingId, `s${n}`),
    ])
    await Promise.all([...says, bob.ask("conversation:join", ids)])
    for (const device of [phone, web]) {
      await expectTrueView(device)
      const [only, ...others] = device.view.conversations()
      expect(others).toEqual([])
      expect(only?.unreadCount).toBe(unread + 20)
      expect(new Set(device.view.texts()).size).toBe(25)
    }
    await expectTrueConsole(ada)
  })

  it("[P4] conversations of two users, unknown ones, and one's own are not joined", async () => {
    const { app, desk } = await openDesk(world, MULTI)
    const { ada, phone, ids } = await duplicates(app, desk)
    const bob = await app.member("bob")
    const other = await desk.begins(ada, bob, "of bob")
    for (const body of [
      { survivingId: ids.survivingId, discardedId: other.conversationId },
      { survivingId: other.conversationId, discardedId: ids.survivingId },
    ])
      expect(["bad_request", "conflict", "forbidden", "not_found"]).toContain(
        await ada.code("conversation:join", body),
      )
    const unknown = { survivingId: ids.survivingId, discardedId: "con_doesnotexist0000000000" }
    expect(await ada.code("conversation:join", unknown)).toBe("not_found")
    await phone.settle()
    expect(phone.events.filter(({ type }) => type === "conversation:merge")).toEqual([])
    expect(texts((await bob.fetch())[0]?.messages ?? [])).toEqual(["of bob"])
  })
})
