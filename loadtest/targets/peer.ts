/** Another hub that runs already, spoken to by an adapter: its processes are not ours to measure. */
import { resolve } from "node:path"
import type { Target } from "./target.ts"

export function peer(url: string, adapter: string): Target {
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
      pids: [],
      storePids: [],
      storeBytes: async () => undefined,
      broken: () => undefined,
      stop: async () => undefined,
    }),
  }
}
