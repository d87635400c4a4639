/** Whether the server's own settings keep what the hub acknowledges, and its user may do what the hub needs. */
import type { RedisClient } from "./connect.ts"
import type { RetryingClient } from "./retrying-client.ts"
import { lackingRights } from "./user-rights.ts"

export interface Inspection {
  readonly version: string
  /** One sentence each: under these settings what was acknowledged is not kept. */
  readonly refusals: readonly string[]
  /** One sentence each: what the settings keep is less than it could be. */
  readonly warnings: readonly string[]
}

const OLDEST = 7
/** Bytes that a log's block may take; smaller ones save little. */
const SMALL_BLOCK = 1024

/** @param names a key and a channel as the hub names its own */
export async function inspect(
  link: RetryingClient,
  names: { readonly key: string; readonly channel: string },
): Promise<Inspection> {
  const info = await infoOf(link)
  const version = info?.get("redis_version") ?? "unknown"
  if (Number.parseInt(version, 10) < OLDEST) {
    const refusal = `Redis ${version} is too old: the hub needs ${OLDEST} or newer.`
    return { version, refusals: [refusal], warnings: [] }
  }
  // Who may not ask may not commit either, or reads scripts by their hash alone: that shows by itself.
  const lacking = (await allowed(lackingRights(link, names.key, names.channel))) ?? []
  const refusals = lacking.length === 0 ? [] : [rightsMissing(lacking)]
  if (!info) return { version, refusals, warnings: [INFO_FORBIDDEN] }
  const warnings: string[] = []
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
    const sync = await configured(link, "appendfsync")
    if (sync === undefined) warnings.push(CONFIG_FORBIDDEN)
    else if (sync !== "always") {
      warnings.push(
        `Redis flushes its append-only file ${sync}: about a second may be lost with the machine; appendfsync always keeps everything acknowledged.`,
      )
    }
  }
  const block = Number((await configured(link, "stream-node-max-bytes")) ?? SMALL_BLOCK)
  if (block > SMALL_BLOCK) {
    warnings.push(
      `Redis takes ${block} bytes for each log at once, so a visitor with one message costs twice what it could: set stream-node-max-bytes ${SMALL_BLOCK}.`,
    )
  }
  return { version, refusals, warnings }
}

const rightsMissing = (commands: readonly string[]): string =>
  `Redis lets its user not say ${commands.join(", ")} to the keys and channels of the hub: docs/operations.md lists what it needs.`

const INFO_FORBIDDEN =
  "Redis does not tell its settings, for its user may not say INFO: see to appendonly yes, appendfsync always and maxmemory-policy noeviction yourself."
const CONFIG_FORBIDDEN =
  "Redis does not tell how it flushes its append-only file, for its user may not say CONFIG: see to appendfsync always yourself."

/** Hosted servers forbid INFO and CONFIG: then nothing is known, and nothing refused. */
async function infoOf(link: RetryingClient): Promise<ReadonlyMap<string, string> | undefined> {
  const text = await allowed(link.withRetry((writer: RedisClient) => writer.info()))
  return text === undefined ? undefined : parseInfo(text)
}

async function configured(link: RetryingClient, name: string): Promise<string | undefined> {
  const reply = await allowed(link.withRetry((writer) => writer.call("config", "get", name)))
  return Array.isArray(reply) && typeof reply[1] === "string" ? reply[1] : undefined
}

async function allowed<Reply>(question: Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await question
  } catch (error) {
    const why = error instanceof Error && error.cause instanceof Error ? error.cause : error
    if (why instanceof Error && /NOPERM|unknown command/i.test(why.message)) return undefined
    throw error
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
