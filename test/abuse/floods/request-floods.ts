/** Floods of plain HTTP: as many requests to a write as go in, each connection opened again when it is ended. */
import type { Flood } from "../flood.ts"
import type { Mob } from "../mob.ts"
import { Stranger } from "../stranger.ts"

const asked = ({ assignment }: Mob, path: string, headers = "", body = ""): string =>
  [
    `${body === "" ? "GET" : "POST"} ${path} HTTP/1.1`,
    "Host: hub.example",
    `X-Forwarded-For: ${assignment.address}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `${headers}\r\n${body}`,
  ].join("\r\n")

const BLOCK_BYTES = 64 * 1024

const requests = (name: string, says: string, one: (mob: Mob) => string, brief?: Flood["brief"]): Flood => ({
  name,
  says,
  connections: 1,
  ...(brief && { brief }),
  arm: async (mob) => {
    const request = one(mob)
    const count = Math.ceil(BLOCK_BYTES / request.length)
    const block = Buffer.from(request.repeat(count))
    return () =>
      mob.crowd(1, async () => {
        const stranger = new Stranger({ url: mob.url, plain: true })
        mob.opens()
        await mob.pour(stranger, count, () => block)
        stranger.end()
      })
  },
})

export const REQUESTS: readonly Flood[] = [
  requests(
    "requests",
    "requests for a path that nothing is at, hundreds to a write",
    (mob) => asked(mob, "/nothing"),
    "embedded",
  ),
  requests("readiness", "/health/ready, hundreds to a write", (mob) => asked(mob, "/health/ready")),
  requests("widgets", "the widget's script, hundreds to a write, which nobody reads", (mob) =>
    asked(mob, "/widget.js"),
  ),
  requests("admin-guesses", "the admin API with a wrong token", (mob) =>
    asked(mob, "/v1/apps/shop", "Authorization: Bearer guessed\r\n"),
  ),
  requests("link-guesses", "links for agents that are none, in bodies of 60 KB", (mob) =>
    asked(
      mob,
      "/console/session",
      "",
      JSON.stringify({ appId: mob.assignment.appId, link: "x".repeat(60_000) }),
    ),
  ),
]
