/** The process among the ordinary accidents of production: silent callers, broken pipes, foreign offers, wrong settings. */
import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it, onTestFinished } from "vitest"
import { freePort } from "../../loadtest/bench/free-port.ts"
import { bundledHub } from "../bundled.ts"
import { startRedis } from "../store/redis-server.ts"
import { ADMIN_TOKEN, type Environment, launch, SESSION_SECRET, startNode } from "./hub-process.ts"

const folder = mkdtempSync(join(tmpdir(), "tributary-deployment-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const environment = (name: string, more: Environment = {}): Environment => ({
  NODE_ENV: "production",
  HOST: "127.0.0.1",
  PORT: "0",
  DRAIN_MS: "0",
  DATA_DIR: join(folder, name),
  ADMIN_TOKEN,
  SESSION_SECRET,
  ...more,
})

async function started(name: string, more: Environment = {}) {
  const node = await startNode(environment(name, more))
  onTestFinished(() => node.kill())
  return node
}

/** A TCP connection, and everything that came over it until it ended. */
async function tcp(port: string, said = ""): Promise<{ socket: Socket; received: Promise<string> }> {
  const socket = connect(Number(port), "127.0.0.1")
  onTestFinished(() => void socket.destroy())
  await once(socket, "connect")
  const received = new Promise<string>((resolve) => {
    let all = ""
    socket.on("data", (chunk) => {
      all += String(chunk)
    })
    socket.on("error", () => undefined)
    socket.on("close", () => resolve(all))
  })
  if (said !== "") socket.write(said)
  return { socket, received }
}

/** What a start that must fail says, and how it ends. */
async function refusal(env: Environment): Promise<{ code: unknown; lines: string[] }> {
  const { child, said } = launch(env, [], await bundledHub())
  onTestFinished(() => void child.kill("SIGKILL"))
  const [code] = await once(child, "close")
  return { code, lines: said().trim().split("\n") }
}

describe("ending", () => {
  it("silent connections and half a request do not keep it from ending after SIGTERM", async () => {
    const node = await started("silent")
    await tcp(node.port)
    await tcp(node.port, "GET /health/live HTTP/1.1\r\nHost: a\r\nX-Half: ")
    await tcp(node.port, "POST /v1/apps HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
    expect((await fetch(`${node.url}/health/live`)).status).toBe(200)
    const begun = performance.now()
    expect(await node.stop()).toBe(0)
    expect(performance.now() - begun).toBeLessThan(10_000)
    // The store is not locked any more.
    expect(await (await started("silent")).stop()).toBe(0)
  })

  it("when the reader of its output is gone it lives on, and drains", async () => {
    const { child, said } = launch(environment("pipes", { LOG_LEVEL: "debug" }))
    onTestFinished(() => void child.kill("SIGKILL"))
    while (!said().includes("listens on ")) await once(child.stdout ?? child, "data")
    const url = /http:\S+/.exec(said())?.[0] ?? ""
    child.stdout?.destroy()
    child.stderr?.destroy()
    // What is logged is read by no one; requests go on being answered.
    for (const _ of [1, 2, 3]) expect((await fetch(`${url}/health/ready`)).status).toBe(200)
    const gone = once(child, "exit")
    child.kill("SIGTERM")
    expect((await gone)[0]).toBe(0)
  })
})

describe("the data file under a running hub", () => {
  const request = { method: "POST", headers: { authorization: `Bearer ${ADMIN_TOKEN}` }, body: "{}" }

  /** The node, and what it answered afterwards; `undefined` if a signal ended it. */
  async function cutOff(name: string) {
    const node = await started(name)
    const make = () => fetch(`${node.url}/v1/apps`, request)
    expect((await make()).status).toBe(201)
    truncateSync(join(folder, name, "data.mdb"), 0)
    const answer = await make().catch(() => undefined)
    return answer && { name, node, status: answer.status }
  }

  // In the very moment of a read or a commit the map is touched before the hub can look, and the process ends by a signal.
  it("cut off between commits: unready, nothing is acknowledged, one line in the log; it drains, and the next start says why not", async () => {
    const one = (await cutOff("cut")) ?? (await cutOff("cut again")) ?? (await cutOff("cut once more"))
    if (!one) throw new Error("All three were ended.")
    const { name, node, status } = one
    expect(status).toBe(503)
    expect((await fetch(`${node.url}/health/ready`)).status).toBe(503)
    expect((await fetch(`${node.url}/health/live`)).status).toBe(200)
    expect(await node.stop()).toBe(0)
    expect(node.output.match(/deleted, replaced or cut off while the hub ran/g)).toHaveLength(1)
    const { code, lines } = await refusal(environment(name))
    expect(code).toBe(1)
    expect(lines).toEqual([expect.stringMatching(/^The data file .*put a backup in its place.*\.$/)])
  })

  it("cut off in the very moment of one: what starts the hub again is told why not, and begins no empty store", async () => {
    const node = await started("caught")
    expect((await fetch(`${node.url}/v1/apps`, request)).status).toBe(201)
    process.kill(node.pid, "SIGBUS")
    await expect.poll(() => node.alive).toBe(false)
    const file = join(folder, "caught", "data.mdb")
    truncateSync(file, Math.floor(statSync(file).size / 2))
    for (let starts = 0; starts < 2; starts += 1) {
      const { code, lines } = await refusal(environment("caught"))
      expect(code).toBe(1)
      expect(lines).toEqual([
        expect.stringMatching(/^The data file .* is cut off: put a backup in its place.*\.$/),
      ])
    }
  })
})

describe("requests", () => {
  const H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"

  it("that offer Upgrade: h2c are answered as plain ones, with their body", async () => {
    const node = await started("h2c")
    const auth = `Authorization: Bearer ${ADMIN_TOKEN}\r\n`
    const body = JSON.stringify({ id: "offered" })
    const offers: readonly (readonly [number, string])[] = [
      [201, `POST /v1/apps HTTP/1.1\r\n${auth}Content-Length: ${body.length}\r\n${H2C}\r\n${body}`],
      [200, `GET /health/live HTTP/1.1\r\n${H2C}\r\n`],
      [404, "GET /nothing HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"],
    ]
    for (const [status, offer] of offers) {
      const { received } = await tcp(node.port, offer.replace("\r\n", "\r\nHost: a\r\n"))
      expect((await received).split(" ")[1]).toBe(String(status))
    }
  })

  it("upgrades to WebSocket that Socket.IO does not take are answered, too, with what to do", async () => {
    const node = await started("versions")
    const offers: readonly (readonly [path: string, answer: RegExp, method?: string])[] = [
      ["/socket.io/?EIO=3&transport=websocket", /^HTTP\/1.1 400 .*EIO=4/s],
      ["/socket.io/?transport=websocket", /^HTTP\/1.1 400 .*EIO=4/s],
      ["/socket.io/?EIO=4&transport=webtransport", /^HTTP\/1.1 400 .*transports/s],
      ["/socket.io/?EIO=4&transport=websocket&sid=unknown", /^HTTP\/1.1 400 .*transports/s],
      ["/socket.io?EIO=4&transport=websocket", /^HTTP\/1.1 404 /],
      ["/socket.io/?EIO=4&transport=websocket", /^HTTP\/1.1 400 /, "POST"],
    ]
    for (const [path, answer, method = "GET"] of offers) {
      const upgrade = `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
      const { received } = await tcp(node.port, upgrade)
      expect(await received).toMatch(answer)
    }
  })

  it("connections are kept longer than balancers keep them", async () => {
    const node = await started("kept")
    const answer = await fetch(`${node.url}/health/live`)
    const [, seconds] = /timeout=(\d+)/.exec(answer.headers.get("keep-alive") ?? "") ?? []
    expect(Number(seconds)).toBeGreaterThan(60)
  })

  it("/metrics asks for METRICS_TOKEN, where one is set", async () => {
    const token = "metrics-reader-9f4c2e71"
    const node = await started("metrics", { METRICS_TOKEN: token })
    const status = async (authorization?: string) =>
      (await fetch(`${node.url}/metrics`, { headers: authorization ? { authorization } : {} })).status
    expect(await status()).toBe(403)
    expect(await status(`Bearer ${ADMIN_TOKEN}`)).toBe(403)
    expect(await status(`Bearer ${token}`)).toBe(200)
    expect(node.output).not.toContain(token)
  })
})

describe("a start that cannot work ends with one sentence", () => {
  it("a port that is taken, a data directory that is none", async () => {
    const node = await started("first")
    const taken = await refusal(environment("second", { PORT: node.port }))
    expect(taken).toMatchObject({ code: 1, lines: [expect.stringMatching(/^Port \d+ is taken.*\.$/)] })
    writeFileSync(join(folder, "file"), "")
    const none = await refusal(environment("file"))
    expect(none).toMatchObject({ code: 1, lines: [expect.stringMatching(/no directory.*\.$/)] })
    for (const DATA_DIR of ["/proc/nothing", "/proc", "/dev/null", `/tmp/${"long".repeat(99)}`]) {
      const unusable = await refusal(environment("first", { DATA_DIR }))
      expect(unusable).toMatchObject({ code: 1, lines: [expect.stringMatching(/set DATA_DIR\.$/)] })
    }
    const both = await refusal(environment("first"))
    expect(both).toMatchObject({ code: 1, lines: [expect.stringMatching(/in use by another process/)] })
  })

  it("a Redis that refuses or is not there: the reason, and no password", async () => {
    const redis = await startRedis({ options: ["--requirepass", "t%p@secret"] })
    onTestFinished(() => redis.stop())
    const wrong = await refusal(
      environment("redis", { REDIS_URL: `redis://:hunt@er2@127.0.0.1:${redis.port}` }),
    )
    expect(wrong.code).toBe(1)
    expect(wrong.lines.at(-1)).toMatch(/refuses the user or password of REDIS_URL\.$/)
    expect(wrong.lines.join("\n")).not.toMatch(/hunt|er2@|enableOfflineQueue/)
    const right = await started("redis", { REDIS_URL: `redis://:t%p@secret@127.0.0.1:${redis.port}` })
    expect((await fetch(`${right.url}/health/ready`)).status).toBe(200)
    expect(right.output).not.toContain("secret")
  })

  it("a user of Redis who may do no more than one prefix: with the page's patterns, and else the reason", async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const grant = (name: string, keys: string) =>
      redis.cli("acl", "setuser", name, "on", ">letters", "resetkeys", keys, "&*", "+@all", "-@dangerous")
    await grant("narrow", "~shop*")
    await grant("right", "~{shop/*")
    const as = (name: string) => ({
      REDIS_URL: `redis://${name}:letters@127.0.0.1:${redis.port}`,
      REDIS_PREFIX: "shop",
    })
    const narrow = await refusal(environment("narrow", as("narrow")))
    expect(narrow.code).toBe(1)
    expect(narrow.lines.at(-1)).toMatch(/^Redis lets its user not say .*lists what it needs\.$/)
    const right = await started("right", as("right"))
    expect((await fetch(`${right.url}/health/ready`)).status).toBe(200)
  })

  it("a Redis over TLS: with a certificate that this machine trusts, and else the reason", async () => {
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")]
    const made = ["-keyout", key, "-out", certificate, "-subj", "/CN=redis", "-days", "2"]
    const names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...made, ...names], {
      stdio: "ignore",
    })
    const port = await freePort()
    const tls = ["--tls-port", `${port}`, "--tls-cert-file", certificate, "--tls-key-file", key]
    const redis = await startRedis({ options: [...tls, "--tls-auth-clients", "no"] })
    onTestFinished(() => redis.stop())
    const REDIS_URL = `rediss://127.0.0.1:${port}`
    const foreign = await refusal(environment("tls", { REDIS_URL }))
    expect(foreign.code).toBe(1)
    expect(foreign.lines.at(-1)).toMatch(/TLS failed.*NODE_EXTRA_CA_CERTS/)
    const trusting = await started("tls", { REDIS_URL, NODE_EXTRA_CA_CERTS: certificate })
    expect((await fetch(`${trusting.url}/health/ready`)).status).toBe(200)
  })

  it("two nodes of one Redis with different secrets are refused for as long as one of them lives", async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const first = await started("a", { REDIS_URL: redis.url })
    const other = { REDIS_URL: redis.url, SESSION_SECRET: `${SESSION_SECRET}-of-another` }
    const second = await refusal(environment("b", other))
    expect(second.code).toBe(1)
    expect(second.lines.at(-1)).toMatch(/^Another node of this store runs with another SESSION_SECRET/)
    expect(second.lines.join("\n")).not.toContain(SESSION_SECRET)
    const unset = { NODE_ENV: "development", SESSION_SECRET: "", ADMIN_TOKEN: "" }
    const third = await refusal(environment("c", { REDIS_URL: redis.url, ...unset }))
    expect(third.lines.at(-1)).toMatch(/^Another node of this store/)
    await first.kill()
    expect((await fetch(`${(await started("b", other)).url}/health/ready`)).status).toBe(200)
  })
})
