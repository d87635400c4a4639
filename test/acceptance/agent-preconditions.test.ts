/** 4.6, 5: what must hold before a client is let in, and what is not limited. */
import { expect, it } from "vitest"
import type { Console } from "./agent-console.ts"
import { openDesk } from "./agent-desk.ts"
import { range } from "./random.ts"
import { onBoth } from "./world.ts"

onBoth("preconditions", (world) => {
  it("4.6 without the agent workspace neither namespace opens, whatever is presented", async () => {
    const { app, desk } = await openDesk(world, { agentWorkspace: false })
    for (const on of [0, 1]) {
      expect((await desk.refusal({ on })).code).toBe("agent_workspace_required")
      expect((await app.refusal({ on })).code).toBe("agent_workspace_required")
      expect((await app.refusal({ on, jwt: app.token("ann") })).code).toBe("agent_workspace_required")
    }
    await app.admin().call("PATCH", `/v1/apps/${app.id}`, { settings: { agentWorkspace: true } })
    const consoles = [await desk.console("ada", { on: 1 }), await desk.console("bob")]
    for (const console of consoles) console.socket.io.reconnection(false)
    await desk.begins(consoles[0] as Console, await app.visitor())
    const ended = consoles.map((console) => console.until("its end", () => console.disconnects > 0))
    await app.admin(1).call("PATCH", `/v1/apps/${app.id}`, { settings: { agentWorkspace: false } })
    // Consoles at work are ended, on every node.
    await Promise.all(ended)
    expect((await desk.refusal()).code).toBe("agent_workspace_required")
    expect((await app.refusal()).code).toBe("agent_workspace_required")
  })

  it("4.6 a person may come by web, ios and android; the ticket's messages say by which", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    for (const channel of ["web", "ios", "android"]) {
      const device = await app.member("ann", { channel, deviceId: channel })
      await device.send(`by ${channel}`)
      expect((await ada.hears(`by ${channel}`)).source).toEqual({ channel })
    }
    for (const channel of ["whatsapp", "email", "agent"])
      expect((await app.refusal({ channel, jwt: app.token("ann") })).code).toBe("channel_not_supported")
  })

  it("5 many visitors, each with an active ticket, none with the mark", async () => {
    const { app, desk } = await openDesk(world)
    const ada = await desk.console("ada", { on: 1 })
    await Promise.all(range(40).map(async (on) => await (await app.visitor({ on })).send("hello")))
    const tickets = await ada.list({ status: ["new"] })
    expect(tickets).toHaveLength(40)
    expect(tickets.filter(({ authenticated }) => authenticated)).toEqual([])
    expect((await desk.console("bob")).state?.counts.new).toBe(40)
  })
})
