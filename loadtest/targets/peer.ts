/** Another hub that runs already, spoken to by an adapter. */
import { resolve } from "node:path"
import type { Target } from "./target.ts"

/** @param pids of its processes, if they run on this machine: else their work counts as foreign load */
export function peer(url: string, adapter: string, pids: readonly number[]): Target {
  const { hostname, port, pathname } = new URL(url)
  const path = pathname === "/" ? "/socket.io/" : pathname
  return {
    name: "peer",
    ordered: true,
    start: async () => ({
      address: {
        endpoints: [{ host: hostname, port: Number(port || 80), path }],
        dialect: { name: { adapter: resolve(adapter) }, options: { url } },
      },
      pids,
      storePids: [],
      storeBytes: async () => undefined,
      keyGroups: async () => [],
      broken: () => undefined,
      stop: async () => undefined,
    }),
  }
}
