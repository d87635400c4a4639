/** 8: a link by which an agent comes in: once, soon, and as long as the key lives. */
import { expect, it } from "vitest"
import { openDesk } from "./agent-desk.ts"
import type { Hub } from "./harness.ts"
import { onBoth } from "./world.ts"

interface Exchanged {
  readonly status: number
  readonly token?: string
  readonly expiresAt?: number
  readonly error?: { readonly code: string }
}

async function exchange(hub: Hub, body: unknown, on = 0): Promise<Exchanged> {
  const response = await fetch(`${hub.node(on).url}/console/session`, {
    method: "POST",
    body: JSON.stringify(body),
  })
  return { status: response.status, ...((await response.json()) as object) }
}

onBoth("links for agents", (world) => {
  const link = async (appId: string, agentId: string, more: Record<string, unknown> = {}) => {
    const path = `/v1/apps/${appId}/agents/${encodeURIComponent(agentId)}/links`
    const answer = (await world.hub.admin().call("POST", path, more)) as { path: string; expiresAt: number }
    expect(answer.path).toMatch(/^\/console#/)
    const fields = new URLSearchParams(answer.path.split("#")[1])
    expect(fields.get("app")).toBe(appId)
    const secret = fields.get("link") ?? ""
    world.secrets.add(secret)
    return { secret, expiresAt: answer.expiresAt }
  }

  it("8 opens a console as the agent it names, once, on whatever node", async () => {
    const { app, desk } = await openDesk(world)
    const { secret } = await link(app.id, "ada@shop.example", { name: "Ada Ö" })
    const tries = await Promise.all(
      [0, 1, 0, 1].map((on) => exchange(world.hub, { appId: app.id, link: secret }, on)),
    )
    const good = tries.filter(({ status }) => status === 200)
    expect(good).toHaveLength(1)
    for (const { error } of tries.filter(({ status }) => status !== 200))
      expect(error?.code).toBe("session_consumed")
    const token = good[0]?.token ?? ""
    world.secrets.add(token)
    const console = await desk.console("ada@shop.example", { token, on: 1 })
    expect(console.state?.agent).toEqual({ id: "ada@shop.example", name: "Ada Ö" })
  })

  it("8 the token that came from a link is renewed, one of the host is not", async () => {
    const { app, desk } = await openDesk(world)
    const { secret } = await link(app.id, "ada")
    const { token = "" } = await exchange(world.hub, { appId: app.id, link: secret })
    const renewed = await exchange(world.hub, { appId: app.id, token }, 1)
    expect(renewed.status).toBe(200)
    for (const one of [token, renewed.token ?? ""]) world.secrets.add(one)
    await desk.console("ada", { token: renewed.token ?? "" })
    expect((await exchange(world.hub, { appId: app.id, token: desk.token("ada") })).error?.code).toBe(
      "forbidden",
    )
  })

  it("8 a link that is too old, of another app, or no link, opens nothing", async () => {
    const { app } = await openDesk(world)
    const other = await openDesk(world)
    const { secret, expiresAt } = await link(app.id, "ada", { expiresInSeconds: 60 })
    expect(expiresAt).toBeGreaterThan(Date.now())
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + 61_000)
    const code = async (body: object) => (await exchange(world.hub, body)).error?.code
    expect(await code({ appId: other.app.id, link: secret })).toBe("session_invalid")
    expect(await code({ appId: app.id, link: `${secret.slice(0, -2)}AA` })).toBe("session_invalid")
    expect(await code({ appId: app.id, link: "" })).toBe("session_invalid")
    expect(await code({ appId: app.id, link: app.token("E1") })).toBe("session_invalid")
    expect(await code({ appId: "none", link: secret })).toBe("app_not_found")
    expect(await code({ appId: app.id })).toBe("bad_request")
    // A link is no token: it opens no console by itself, and no user's history.
    expect(await code({ appId: app.id, token: secret })).toMatch(/kid_missing|token_malformed/)
  })

  it("8 deleting the key ends what came from its links; without such a key there are none", async () => {
    const { app, desk } = await openDesk(world)
    const { secret } = await link(app.id, "ada")
    const { token = "" } = await exchange(world.hub, { appId: app.id, link: secret })
    world.secrets.add(token)
    const console = await desk.console("ada", { token })
    await world.hub.admin().call("DELETE", `/v1/apps/${app.id}/keys/${desk.key.kid}`)
    await console.signal("auth:revoked")
    expect((await exchange(world.hub, { appId: app.id, token })).error?.code).toBe("kid_unknown")
    const path = `/v1/apps/${app.id}/agents/ada/links`
    expect(await world.hub.admin().request("POST", path, {})).toMatchObject({
      status: 409,
      body: { error: { code: "conflict" } },
    })
  })
})
