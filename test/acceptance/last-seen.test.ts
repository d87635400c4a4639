/** 6, 8: when a user was last seen, and on which devices: coming and going counts, and a merge takes them along. */
import { expect, it } from "vitest"
import type { Console } from "./agent-console.ts"
import { openDesk } from "./agent-desk.ts"
import { type App, onBoth } from "./world.ts"

const WITHIN_MS = 5_000

async function becomes<T>(read: () => Promise<T>, is: (value: T) => boolean): Promise<T> {
  const end = Date.now() + WITHIN_MS
  for (;;) {
    const value = await read()
    if (is(value) || Date.now() > end) return value
  }
}

const lastSeen = async (ada: Console, userId: string): Promise<number> =>
  (await ada.ask("user:get", { userId })).user.lastSeenAt ?? 0
const deviceIds = async (app: App, userId: string): Promise<string[]> =>
  ((await app.user(userId)).devices ?? []).map((device) => String(Reflect.get(Object(device), "id"))).sort()

onBoth("last seen", (world) => {
  it("6 a device counts from when it comes, whether it writes or not", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const phone = await app.member("ann", { deviceId: "phone" })
    await phone.send("hello")
    const { userId } = phone
    const wrote = await lastSeen(ada, userId)
    await app.member("ann", { on: 1, deviceId: "tablet", channel: "android" })
    const two = await becomes(
      () => deviceIds(app, userId),
      (ids) => ids.length === 2,
    )
    expect(two).toEqual(["phone", "tablet"])
    const { devices } = await ada.ask("user:get", { userId, details: true })
    expect(devices?.map(({ channel }) => channel).sort()).toEqual(["android", "ios"])
    expect(await lastSeen(ada, userId)).toBeGreaterThan(wrote)
  })

  it("6 going counts: the user was last seen when the last device went", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    const web = await app.visitor()
    await web.send("hello")
    const { userId } = web
    await becomes(
      () => deviceIds(app, userId),
      (ids) => ids.length === 1,
    )
    const before = await lastSeen(ada, userId)
    const went = Date.now()
    web.leave()
    const seen = await becomes(
      () => lastSeen(ada, userId),
      (at) => at > before,
    )
    expect(seen).toBeGreaterThanOrEqual(went)
  })

  it("6 a visitor who never wrote leaves nothing behind by coming and going", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const quiet = await app.visitor()
    quiet.leave()
    const other = await app.visitor()
    await desk.begins(ada, other)
    expect(await ada.code("user:get", { userId: quiet.userId })).toBe("not_found")
  })

  it("6 a merge takes devices along, each with when it was seen", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const shared = await app.visitor({ deviceId: "shared" })
    await shared.send("as a visitor")
    const visitorSeen = await lastSeen(ada, shared.userId)
    shared.leave()
    const phone = await app.member("ann", { on: 1, deviceId: "phone" })
    await phone.send("as ann")
    const { userId } = phone
    const before = await becomes(
      () => lastSeen(ada, shared.userId),
      (at) => at > visitorSeen,
    )
    await app.merge(userId, shared.userId)
    const both = await becomes(
      () => deviceIds(app, userId),
      (ids) => ids.length === 2,
    )
    expect(both).toEqual(["phone", "shared"])
    const { devices } = await ada.ask("user:get", { userId, details: true })
    expect(devices?.find(({ channel }) => channel === "web")?.lastSeenAt).toBe(before)
  })

  it("4.2 a device that logs out, or signs in as another user, is that user's no more", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada")
    const phone = await app.member("ann", { deviceId: "phone" })
    const tablet = await app.member("ann", { deviceId: "tablet", on: 1 })
    await tablet.send("hello")
    const { userId } = phone
    const until = (count: number) =>
      becomes(
        () => deviceIds(app, userId),
        (ids) => ids.length === count,
      )
    await until(2)
    await phone.logout()
    expect(await until(1)).toEqual(["tablet"])
    const seen = await lastSeen(ada, userId)
    await tablet.login(app.token("bob"))
    expect(await until(0)).toEqual([])
    expect(await lastSeen(ada, userId)).toBeGreaterThanOrEqual(seen)
    expect(await deviceIds(app, tablet.userId)).toEqual(["tablet"])
  })
})
