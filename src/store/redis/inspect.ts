/** Whether the server's own settings keep what the hub acknowledges. */
import type { Client } from "./connect.ts"
import type { RetryingClient } from "./retrying-client.ts"

export interface Inspection {
  readonly version: string
  /** One sentence each: under these settings what was acknowledged is not kept. */
  readonly refusals: readonly string[]
  /** One sentence each: what the settings keep is less than it could be. */
  readonly warnings: readonly string[]
}

const OLDEST = 7

export async function inspect(link: RetryingClient): Promise<Inspection> {
  const info = parseInfo(await link.withRetry((writer: Client) => writer.info()))
  const version = info.get("redis_version") ?? "unknown"
  const refusals: string[] = []
  const warnings: string[] = []
  if (Number.parseInt(version, 10) < OLDEST) {
    refusals.push(`Redis ${version} is too old: the hub needs ${OLDEST} or newer.`)
  }
  const policy = info.get("maxmemory_policy") ?? "unknown"
  if (policy !== "noeviction") {
    refusals.push(
      `Redis may evict what it holds (maxmemory-policy ${policy}): set maxmemory-policy noeviction.`,
    )
  }
  if (info.get("aof_enabled") !== "1") {
    refusals.push(
      "Redis keeps no append-only file, so a restart loses acknowledged messages: set appendonly yes.",
    )
  } else {
    const sync = await appendSync(link)
    if (sync !== "always") {
      warnings.push(
        `Redis flushes its append-only file ${sync}: about a second may be lost with the machine; appendfsync always keeps everything acknowledged.`,
      )
    }
  }
  return { version, refusals, warnings }
}

/** CONFIG may be forbidden, as hosted servers do: then it is not known. */
async function appendSync(link: RetryingClient): Promise<string> {
  try {
    const reply = await link.withRetry((writer) => writer.call("config", "get", "appendfsync"))
    return Array.isArray(reply) ? String(reply[1]) : "at unknown times"
  } catch {
    return "at unknown times"
  }
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("\r\n").flatMap((line) => {
      const colon = line.indexOf(":")
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : []
    }),
  )
}
