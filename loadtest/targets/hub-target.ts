/** The hub as its operators run it: `node dist/main.js` in production, on Redis or embedded, on one node or more. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Server, startServer } from "../bench/child.ts"
import { toTexts } from "../dialects/hub-dialect.ts"
import { type FarStore, farStore } from "./far-store.ts"
import { keyGroups } from "./key-groups.ts"
import { ADMIN_TOKEN, Admin } from "./load-app.ts"
import { type Redis, startRedis } from "./own-redis.ts"
import type { Running, Target } from "./target.ts"

export type StoreKind = "redis" | "embedded"

export interface HubSettings {
  readonly store: StoreKind
  readonly nodes: number
  /** Where its `dist` is; this repository if not given. */
  readonly root?: string
  readonly app?: object
  readonly partitions?: number
  /** Between the hub and Redis, each way. */
  readonly distanceMs?: number
  /** Whether the limits of the app are out of the way. */
  readonly lifted?: boolean
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url))

export function hub(settings: HubSettings, name = "hub"): Target {
  const { store, nodes, root = ROOT, app, lifted = true, partitions, distanceMs } = settings
  return {
    name,
    ordered: true,
    async start() {
      const dir = await mkdtemp(join(tmpdir(), "tributary-load-hub-"))
      const redis = store === "redis" ? await startRedis() : undefined
      const line = redis && distanceMs !== undefined ? await farStore(redis.url, distanceMs) : undefined
      const env = environment(line ?? redis, dir, partitions)
      const main = join(root, "dist", "main.js")
      const servers: Server[] = []
      for (let node = 0; node < nodes; node++)
        servers.push(await startServer(process.execPath, [main], env, /https?:\/\/127\.0\.0\.1:(\d+)/))
      const options = toTexts(
        await new Admin(`http://127.0.0.1:${servers[0]?.ready[1]}`).makeApp(app, lifted),
      )
      return running(servers, { redis, line }, dir, options)
    },
  }
}

const environment = (
  redis: { readonly url: string } | undefined,
  dir: string,
  partitions: number | undefined,
): Record<string, string> => ({
  NODE_ENV: "production",
  HOST: "127.0.0.1",
  PORT: "0",
  ADMIN_TOKEN,
  SESSION_SECRET: "Jc5Tn8WqXe2RvB6mZuPk4hLs",
  LOG_LEVEL: "warn",
  DRAIN_MS: "0",
  DATA_DIR: dir,
  ...(redis && { REDIS_URL: redis.url }),
  ...(partitions !== undefined && { PARTITIONS: String(partitions) }),
})

function running(
  servers: readonly Server[],
  { redis, line }: { readonly redis: Redis | undefined; readonly line: FarStore | undefined },
  dir: string,
  options: Readonly<Record<string, string>>,
): Running {
  return {
    address: {
      endpoints: servers.map(({ ready }) => ({
        host: "127.0.0.1",
        port: Number(ready[1]),
        path: "/socket.io/",
      })),
      dialect: { name: "hub", options },
    },
    pids: servers.map(({ pid }) => pid),
    storePids: redis ? [redis.pid] : [],
    storeBytes: () => (redis ? redis.usedBytes() : bytesIn(dir)),
    keyGroups: async () => (redis ? keyGroups(redis.url) : []),
    broken: () => servers.find(({ alive }) => !alive())?.said(),
    async stop() {
      await Promise.all(servers.map((server) => server.stop()))
      await line?.stop()
      await redis?.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function bytesIn(dir: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(dir)) bytes += (await stat(join(dir, name))).size
  return bytes
}
