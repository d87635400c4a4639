/** The opponents of the budgets: the same work without our promises. */
import { fileURLToPath } from "node:url"
import { type Server, startServer, TYPESCRIPT } from "../bench/child.ts"
import { keyGroups } from "./key-groups.ts"
import { startRedis } from "./own-redis.ts"
import type { Target } from "./target.ts"

export type OpponentName = "bare" | "usual"

export function opponent(name: OpponentName, nodes: number): Target {
  if (name === "bare" && nodes > 1) throw new Error("The bare opponent knows one node only.")
  return {
    name,
    // Two nodes behind the adapter tell in different orders: it promises none.
    ordered: nodes === 1,
    async start() {
      const redis = name === "usual" ? await startRedis() : undefined
      const file = fileURLToPath(new URL(`../opponents/${name}.ts`, import.meta.url))
      const env = { NODE_ENV: "production", ...(redis && { REDIS_URL: redis.url }) }
      const servers: Server[] = []
      for (let node = 0; node < nodes; node++)
        servers.push(
          await startServer(process.execPath, [...TYPESCRIPT, file], env, /http:\/\/127\.0\.0\.1:(\d+)/),
        )
      return {
        address: {
          endpoints: servers.map(({ ready }) => ({
            host: "127.0.0.1",
            port: Number(ready[1]),
            path: "/socket.io/",
          })),
          dialect: { name: "opponent", options: {} },
        },
        pids: servers.map(({ pid }) => pid),
        storePids: redis ? [redis.pid] : [],
        storeBytes: async () => redis?.usedBytes(),
        keyGroups: async () => (redis ? keyGroups(redis.url) : []),
        broken: () => servers.find(({ alive }) => !alive())?.said(),
        async stop() {
          await Promise.all(servers.map((server) => server.stop()))
          await redis?.stop()
        },
      }
    },
  }
}
