/** A client that resets its connection while its upgrade waits to be admitted must not end the process. */
import { once } from "node:events"
import { createServer } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { expect, onTestFinished, test } from "vitest"
import { manageConnections } from "../../src/edge/http/http-connections.ts"
import { RequestBudget } from "../../src/edge/http/request-budget.ts"
import { AddressQuotas, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { ClientAddresses } from "../../src/edge/socket/client-address.ts"

const UPGRADE = [
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
  "Host: hub",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "\r\n",
].join("\r\n")

test("a reset while an upgrade waits closes that connection and nothing else", async () => {
  const addresses = new AddressQuotas(new ClientAddresses([]), DEFAULT_ADDRESS_LIMITS)
  const budget = new RequestBudget({ addresses, now: Date.now, operator: () => false })
  const http = createServer()
  // As Engine.IO does while it asks whether the upgrade is admitted, which may take two seconds: nothing.
  const upgraded = new Promise<Socket>((resolve) => {
    http.on("upgrade", ({ socket }) => resolve(socket))
  })
  manageConnections(http, 5_000, "/socket.io", budget, { addresses, now: Date.now })
  http.listen(0, "127.0.0.1")
  onTestFinished(() => void http.close())
  await once(http, "listening")
  // The boundary: a TCP server's address is of this kind.
  const { port } = http.address() as AddressInfo
  const client = connect(port, "127.0.0.1")
  client.write(UPGRADE)
  const socket = await upgraded
  expect(socket.listenerCount("error")).toBeGreaterThan(0)
  const reset = new Promise<string | undefined>((resolve) => {
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code))
  })
  const gone = new Promise<void>((resolve) => {
    socket.on("close", () => resolve())
  })
  client.resetAndDestroy()
  expect(await reset).toBe("ECONNRESET")
  await gone
})
