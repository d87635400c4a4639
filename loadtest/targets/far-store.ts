/** A line to the store that is as long as is asked for: each byte arrives so many milliseconds after it was written. */
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

export interface FarStore {
  readonly url: string
  stop(): Promise<void>
}

/** @param url of a Redis that is near @param distanceMs each way */
export async function farStore(url: string, distanceMs: number): Promise<FarStore> {
  const { hostname, port } = new URL(url)
  const ends = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from)
      from.setNoDelay(true)
      from.on("data", (chunk) => setTimeout(() => to.write(chunk), distanceMs))
      from.on("close", () => {
        ends.delete(from)
        to.destroy()
      })
      from.on("error", () => to.destroy())
    }
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  // The boundary: a TCP server that listens has an address of this shape.
  const address = server.address() as AddressInfo
  return {
    url: `redis://127.0.0.1:${address.port}`,
    async stop() {
      for (const end of ends) end.destroy()
      server.close()
      await once(server, "close")
    },
  }
}
