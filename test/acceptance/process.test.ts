/** Section 1: the process, its endpoints for the operator, and how it starts and refuses to. */
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { startRedis } from "../store/redis-server.ts"
import { Admin } from "./admin-caller.ts"
import { VARIANTS } from "./harness.ts"
import { ADMIN_TOKEN, type Environment, launch, SESSION_SECRET, startNode } from "./hub-process.ts"
import { Device } from "./person-device.ts"
import { onBoth } from "./world.ts"

onBoth("the running process", (world) => {
  it("1 health/live, health/ready and metrics", async () => {
    for (const { url } of world.hub.nodes) {
      expect((await fetch(`${url}/health/live`)).status).toBe(200)
      expect((await fetch(`${url}/health/ready`)).status).toBe(200)
      const metrics = await fetch(`${url}/metrics`)
      expect(metrics.status).toBe(200)
      expect(metrics.headers.get("content-type")).toContain("text/plain")
      expect(await metrics.text()).toMatch(/^# TYPE \S+ (counter|gauge|histogram|summary)$/m)
    }
  })

  it("3 a polling request gets a 400 whose body says which option to set", async () => {
    const { url } = world.hub.node(0)
    for (const query of [
      "EIO=4&transport=polling",
      "EIO=4&transport=polling&t=abc",
      "transport=polling&EIO=3",
    ]) {
      const answer = await fetch(`${url}/socket.io/?${query}`)
      expect(answer.status).toBe(400)
      const body = await answer.text()
      expect(body).toContain("transports")
      expect(body).toContain("websocket")
    }
  })

  it("1 in production there is no demo app and no /dev/token", async () => {
    const admin = world.hub.admin()
    expect(await admin.code("GET", "/v1/apps/demo")).toBe("app_not_found")
    const { url } = world.hub.node(0)
    expect((await fetch(`${url}/dev/token?externalId=ann&external_id=ann&user=ann`)).status).toBe(404)
  })

  it("1 paths that do not exist are 404, and the hub lives on", async () => {
    const { url } = world.hub.node(0)
    for (const path of [
      "/nothing",
      "/v1",
      "/health",
      "/%00",
      "/%ff",
      "/..%2f..%2fetc%2fpasswd",
      "//",
      "/socket.io",
    ])
      expect([path, (await fetch(`${url}${path}`)).status < 500]).toEqual([path, true])
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
  })

  it("[P4] no token in any log output of the hub, whatever was done with it", async () => {
    const app = await world.app()
    const web = await app.visitor()
    await web.send("one")
    const bad = `${app.token("ann")}x`
    const good = app.token("ann")
    await web.code("login", { jwt: bad })
    await app.refusal({ jwt: bad })
    await app.refusal({ sessionToken: `${web.sessionToken}x` })
    const { sessionToken } = web
    await web.login(good)
    await app.refusal({ sessionToken })
    await fetch(`${world.hub.node(0).url}/v1/apps?token=${good}`, {
      headers: { authorization: `Bearer ${good}` },
    })
    await app.admin().request("POST", "/v1/apps", `{"broken": "${good}"`)
    const said = await world.hub.said()
    for (const secret of [bad, good, sessionToken, app.key.secret, ADMIN_TOKEN, SESSION_SECRET])
      expect(said.includes(secret)).toBe(false)
  })
})

describe("the process alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "tributary-process-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const environment = (name: string, more: Environment = {}): Environment => ({
    HOST: "127.0.0.1",
    PORT: "0",
    DATA_DIR: join(folder, name),
    ...more,
  })

  it("1 production refuses to start without its secrets", async () => {
    for (const more of [{}, { ADMIN_TOKEN }, { SESSION_SECRET }] as Environment[]) {
      const { child, said } = launch(environment("refused", { NODE_ENV: "production", ...more }))
      const [code] = await once(child, "exit")
      expect(code).not.toBe(0)
      expect(said()).toMatch(/ADMIN_TOKEN|SESSION_SECRET/)
      expect(said()).not.toMatch(/https?:\/\/127/)
    }
  })

  it("1 development prints a random ADMIN_TOKEN once, has the app demo, and mints tokens", async () => {
    const node = await startNode(environment("development"))
    try {
      const words = new Set(node.output.split(/[\s"'=,:]+/).filter((word) => word.length >= 16))
      const answers = await Promise.all(
        [...words].map(
          async (word) => (await new Admin(node.url, word).request("GET", "/v1/apps/demo")).status,
        ),
      )
      expect(answers).toContain(200)
      expect((await fetch(`${node.url}/dev/token`)).status).not.toBe(404)
    } finally {
      expect(await node.stop()).toBe(0)
    }
  })

  it.each(VARIANTS)(
    "[P4] what development left in a store (%s) opens nothing in production",
    async (variant) => {
      const redis = variant === "redis" ? await startRedis() : undefined
      const settings = environment("left", redis ? { REDIS_URL: redis.url } : {})
      try {
        const before = await startNode(settings)
        const minted = await fetch(`${before.url}/dev/token?externalId=ann&ttl=100000`)
        const { jwt } = (await minted.json()) as { jwt: string }
        const closed = (url: string) => new Device({ url, appId: "demo", jwt })
        const device = await closed(before.url).open()
        device.socket.disconnect()
        await before.stop()
        const secrets = { ADMIN_TOKEN, SESSION_SECRET, NODE_ENV: "production" }
        const after = await startNode({ ...settings, ...secrets })
        await expect(closed(after.url).open()).rejects.toThrow(/app_not_found/)
        expect(await new Admin(after.url, ADMIN_TOKEN).code("GET", "/v1/apps/demo/keys")).toBe(
          "app_not_found",
        )
        await after.stop()
      } finally {
        await redis?.stop()
      }
    },
  )

  it("1 what warms up a start is in no metric and no file, and where there is no room for it the hub starts all the same", async () => {
    const temporary = join(folder, "temporary")
    mkdirSync(temporary)
    const warm = await startNode(environment("warm", { TMPDIR: temporary }))
    await expect.poll(() => readdirSync(temporary)).toEqual([])
    const metrics = await (await fetch(`${warm.url}/metrics`)).text()
    const counted = metrics.split("\n").filter((line) => /^tributary_.* [1-9]/.test(line))
    expect(counted).toEqual([])
    expect(warm.output).not.toContain("warmed up")
    await warm.stop()
    const brief = await startNode(environment("brief", { TMPDIR: temporary }))
    await brief.stop()
    expect(readdirSync(temporary)).toEqual([])
    const cold = await startNode(environment("cold", { TMPDIR: join(folder, "nowhere") }))
    expect(cold.output).toContain("is not warmed up")
    expect((await fetch(`${cold.url}/health/ready`)).status).toBe(200)
    await cold.stop()
  })

  it("1 --help lists the settings", async () => {
    const { child, said } = launch(environment("help"), ["--help"])
    const [code] = await once(child, "close")
    expect(code).toBe(0)
    for (const name of ["PORT", "HOST", "DATA_DIR", "REDIS_URL", "ADMIN_TOKEN", "SESSION_SECRET", "NODE_ENV"])
      expect(said()).toContain(name)
  })

  it("1 a SESSION_SECRET of development is kept in the store: the session survives a restart", async () => {
    const env = environment("kept", { ADMIN_TOKEN })
    const tokens: string[] = []
    for (const _ of [1, 2]) {
      const node = await startNode(env)
      const [sessionToken] = tokens
      const web = new Device({ url: node.url, appId: "demo", ...(sessionToken && { sessionToken }) })
      await web.open()
      if (sessionToken) expect(web.view.texts()).toEqual(["kept"])
      else await web.send("kept")
      tokens.push(web.sessionToken)
      web.socket.disconnect()
      await node.stop()
    }
  })
})
