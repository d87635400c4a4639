/** Real processes, really killed (SIGKILL) right after a commit, over both stores; another process finishes. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { App } from "../../src/app/app.ts"
import { Apps } from "../../src/app/app-registry.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import type { Store } from "../../src/store/contract.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { openRedis } from "../../src/store/redis/redis.ts"
import { bundled } from "../bundled.ts"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { expectConserved, expectDenseFeed, historyOf } from "./checks.ts"
import { expectMerged, play, type Scene } from "./merge-scene.ts"
import { anonymous, externalIdOn, MODES, newApp, say, signIn, visitor } from "./stage.ts"

const DEADLINE_MS = 60_000

type Step = "claim" | "freeze" | "import" | "forward"
type How = "login" | "api"

/** Where the data lies, and how to get at it. LMDB has one process at a time. */
interface StoreSource {
  readonly at: string
  open(): Promise<Store>
  end(): Promise<void>
}

async function directory(): Promise<StoreSource> {
  const dir = await mkdtemp(join(tmpdir(), "trib-kill-"))
  return { at: dir, open: () => openLmdb({ dir }), end: () => rm(dir, { recursive: true, force: true }) }
}

let server: RedisServer
let victim: string
beforeAll(async () => {
  ;[server, victim] = await Promise.all([startRedis(), bundled("test/app/victim.ts")])
})
afterAll(() => server.stop())

const ENGINES = {
  lmdb: directory,
  redis: async (): Promise<StoreSource> => ({
    at: server.url,
    open: () => openRedis({ url: server.url }),
    end: async () => undefined,
  }),
} as const

/** Runs the work in a process of its own, up to this commit, and kills it there. */
async function killedAfter(step: Step, ...work: readonly string[]): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [victim, ...work, step], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const gone = once(child, "exit")
  try {
    if (!child.stdout) throw new Error("A piped process has an output.")
    const said = createInterface({ input: child.stdout })
    const line = await Promise.race([once(said, "line"), gone])
    expect(line).toEqual([step])
  } finally {
    child.kill("SIGKILL")
    await gone
  }
}

const ENGINE_NAMES = ["lmdb", "redis"] as const

/** Each in both modes: in one over LMDB, in the other over Redis. */
const DEATHS = [
  ["login", ["freeze"]],
  ["login", ["import"]],
  ["login", ["forward"]],
  ["api", ["freeze", "import"]],
  ["login", ["freeze", "import", "forward"]],
] as const satisfies readonly (readonly [How, readonly Step[]])[]

describe.each(ENGINE_NAMES)("over %s", (engine) => {
  const during = async (
    source: StoreSource,
    work: (app: App) => Promise<void>,
    appId: string,
  ): Promise<void> => {
    const store = await source.open()
    const apps = new Apps(store)
    try {
      await work(await apps.get(appId))
    } finally {
      await apps.close()
      await store.close()
    }
  }

  const staged = async <T>(mode: (typeof MODES)[number], play: (app: App) => Promise<T>) => {
    const source = await ENGINES[engine]()
    const store = await source.open()
    const app = await newApp(store, mode)
    const scene = await play(app)
    await store.close()
    return { source, scene, appId: app.id }
  }

  for (const [nth, mode] of MODES.entries()) {
    for (const [how, deaths] of DEATHS.filter((_, k) => ENGINE_NAMES[(k + nth) % 2] === engine)) {
      test(
        `[P1] [P3] ${mode}: a merge by ${how}, killed after ${deaths.join(", and again after ")}`,
        async () => {
          const { source, scene, appId } = await staged(mode, play)
          const into = how === "login" ? scene.externalId : scene.survivor
          try {
            for (const step of deaths)
              await killedAfter(step, engine, source.at, appId, how, scene.visitor, into)
            await during(source, (app) => finished(app, scene, how), appId)
          } finally {
            await source.end()
          }
        },
        DEADLINE_MS,
      )
    }
  }

  test(
    "[P1] [P4] an upgrade, killed between claim and mark",
    async () => {
      const userId = visitor(1)
      const externalId = externalIdOn(2)
      const { source, appId } = await staged("single", (app) => say(app, userId, "1"))
      try {
        await killedAfter("claim", engine, source.at, appId, "login", userId, externalId)
        await during(
          source,
          async (app) => {
            await say(app, userId, "2", { device: "tablet" })
            const { person } = await signIn(app, anonymous(userId), externalId)
            expect(person.record).toMatchObject({ id: userId, externalId })
            expectConserved(await historyOf(app, userId), ["1", "2"])
            await expectDenseFeed(app, userId)
          },
          appId,
        )
      } finally {
        await source.end()
      }
    },
    DEADLINE_MS,
  )
})

/** After a login it is the same login, tried again; after a call of the API any command. */
async function finished(app: App, scene: Scene, how: How): Promise<void> {
  if (how === "login") await signIn(app, anonymous(scene.visitor), scene.externalId)
  else await resolveUser(app, scene.visitor)
  await expectMerged(app, scene)
}
