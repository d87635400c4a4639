/** 3.3, 6: a profile that changes again and again: every device gets every change, agents the last one, and few. */
import { expect, it } from "vitest"
import { openDesk } from "./agent-desk.ts"
import { range } from "./random.ts"
import { onBoth } from "./world.ts"

const CHANGES = 20
const LAST = `name ${CHANGES - 1}`

onBoth(
  "news of profiles",
  (world) => {
    it("6 twenty changes at once are two events for a console, and what it holds is what it would fetch", async () => {
      const { app, desk } = await openDesk(world)
      const consoles = [await desk.console("ada"), await desk.console("bob", { on: 1 })]
      const [ada] = consoles
      const phone = await app.member("ann")
      const tablet = await app.member("ann", { on: 1 })
      await phone.send("hello")
      for (const n of range(CHANGES)) await phone.ask("profile:update", { name: `name ${n}` })
      for (const device of [phone, tablet]) {
        await device.event("user:update", ({ user }) => user.profile.name === LAST)
        const received = device.events.filter(({ type }) => type === "user:update")
        expect(received.filter(({ data }) => JSON.stringify(data).includes("name ")).length).toBe(CHANGES)
      }
      for (const console of consoles) {
        const { data } = await console.event("user:update", ({ user }) => user.profile.name === LAST)
        const { user } = (await ada?.ask("user:get", { userId: phone.userId })) ?? {}
        expect(user?.profile).toEqual(data.user.profile)
        const received = console.events.filter(({ type }) => type === "user:update")
        expect(
          received.filter(({ data }) => JSON.stringify(data).includes("name ")).length,
        ).toBeLessThanOrEqual(4)
      }
    })

    it("6 the last change is told also where its node dies first", async () => {
      if (world.variant === "embedded") return
      const { app, desk } = await openDesk(world)
      const ada = await desk.console("ada", { on: 1 })
      const web = await app.visitor({ on: 0 })
      await web.send("hello")
      await web.ask("profile:update", { name: "first" })
      await web.ask("profile:update", { name: "last" })
      await world.hub.node(0).kill()
      await world.hub.restart(0)
      await ada.until(
        "the last change",
        () =>
          ada.events.some(
            ({ type, data }) => type === "user:update" && JSON.stringify(data).includes('"last"'),
          ),
        40_000,
      )
    })
  },
  { alone: true },
)
