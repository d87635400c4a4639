/**
 * Opens the connections: one for commands, one for announcements, since they fail and recover at different
 * times and want opposite settings. Nothing else reads the URL.
 */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis"

export type Client = Redis | Cluster

/** ioredis types this one setting of its own differently in two places. */
type Settings = Omit<RedisOptions, "replyMapping">

const backoff = (times: number) => Math.min(50 * 2 ** Math.min(times, 6), 1_000) * (0.5 + Math.random() / 2)

/** Each setting with its reason. */
const SHARED = {
  // A dead address is given up before the caller's deadline, and tried again.
  connectTimeout: 3_000,
  retryStrategy: backoff,
  sentinelRetryStrategy: backoff,
  // Seconds after a silent death of the other machine, not the two hours of the kernel.
  keepAlive: 10_000,
  // Sentinel: notice a failover by its message, not by the first refused write.
  failoverDetector: true,
} satisfies Settings

const COMMANDS = {
  ...SHARED,
  // Not connected: said at once, so that our own retries (retrying-client.ts) decide how long to try.
  enableOfflineQueue: false,
  // A lost connection rejects what was under way at once. Left to itself, ioredis 6.0.0 sends it again; told not
  // to, it never settles the promise.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // Nothing came back for so long, though something was asked: the connection is given up, and there is still
  // time to ask again over a new one.
  socketTimeout: 2_000,
  // The same for one command among others that are answered: unknown after this, and asked again.
  commandTimeout: 2_500,
  // The reads of one turn travel together. Commits do so already, and must not wait behind a slow read.
  enableAutoPipelining: true,
  autoPipeliningIgnoredCommands: ["evalsha", "eval", "spublish", "ping"],
  // After a failover without a lost connection: connect anew; what was refused is repeated by retrying-client.ts.
  reconnectOnError: (error: Error) => (error.message.startsWith("READONLY") ? 1 : false),
} satisfies Settings

const ANNOUNCEMENTS = {
  ...SHARED,
  // We subscribe again ourselves: only we know when that is confirmed, and reading on must wait for it.
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
} satisfies Settings

/** For callers that subscribe once and handle no reconnects: ioredis keeps the subscription, from before it is connected on. */
const SIGNALS = {
  ...SHARED,
  autoResubscribe: true,
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
} satisfies Settings

const CLUSTER: ClusterOptions = {
  // While a primary is replaced: 16 tries, 100 ms apart, are half of the deadline of retrying-client.ts.
  maxRedirections: 16,
  retryDelayOnFailover: 100,
}

type Where =
  | { readonly kind: "one"; readonly url: string }
  | { readonly kind: "cluster"; readonly nodes: readonly string[] }
  | { readonly kind: "sentinel"; readonly options: Settings }

/**
 * `redis://…`, `rediss://…` one server; several of these, separated by commas: a cluster;
 * `redis+sentinel://[user:password@]host:port,host:port/masterName[/db]`: watched by Sentinel.
 */
export function parseUrl(url: string): Where {
  const nodes = url.split(",").map((node) => node.trim())
  if (url.startsWith("redis+sentinel://")) return { kind: "sentinel", options: sentinelOptions(url) }
  for (const node of nodes) {
    if (!/^rediss?:\/\/[^/]/.test(node) || !URL.canParse(node)) {
      throw new Error(
        `"${withoutPassword(node)}" is no address of Redis: expected redis://host:port or rediss://host:port.`,
      )
    }
  }
  return nodes.length === 1 ? { kind: "one", url } : { kind: "cluster", nodes }
}

const withoutPassword = (url: string) => url.replace(/\/\/[^@]*@/, "//…@")

function sentinelOptions(url: string): Settings {
  const found =
    /^redis\+sentinel:\/\/(?:(?<user>[^:@]*):(?<password>[^@]*)@)?(?<hosts>[^/]+)\/(?<name>[^/]+)(?:\/(?<db>\d+))?$/.exec(
      url,
    )
  const { user, password, hosts, name, db } = found?.groups ?? {}
  if (!hosts || !name) {
    throw new Error(
      `"${withoutPassword(url)}" is no address of Sentinel: expected redis+sentinel://host:port,host:port/masterName.`,
    )
  }
  const sentinels = hosts.split(",").map((host) => {
    const at = new URL(`redis://${host}`)
    return { host: at.hostname, port: Number(at.port || 26_379) }
  })
  return {
    sentinels,
    name,
    db: Number(db ?? 0),
    ...(user ? { username: decodeURIComponent(user) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
  }
}

function open(
  url: string,
  settings: typeof COMMANDS | typeof ANNOUNCEMENTS | typeof SIGNALS,
  cluster: ClusterOptions,
): Client {
  const where = parseUrl(url)
  if (where.kind === "one") return new Redis(where.url, settings)
  if (where.kind === "sentinel") return new Redis({ ...where.options, ...settings })
  // A cluster's own settings rule over these two.
  const { retryStrategy, enableOfflineQueue, ...each } = settings
  const first = new URL(where.nodes[0] ?? "")
  return new Cluster([...where.nodes], {
    ...CLUSTER,
    ...cluster,
    clusterRetryStrategy: retryStrategy,
    enableOfflineQueue,
    redisOptions: {
      ...each,
      ...(first.username ? { username: decodeURIComponent(first.username) } : {}),
      ...(first.password ? { password: decodeURIComponent(first.password) } : {}),
      ...(first.protocol === "rediss:" ? { tls: {} } : {}),
    },
  })
}

/** For commands. ioredis looks up the slot before it knows one, and throws, where a cluster should pipeline by itself. */
export const openWriter = (url: string): Client => open(url, COMMANDS, { enableAutoPipelining: false })

/**
 * For announcements. A cluster keeps one connection for each of its primaries. Where a slot has moved it asks one
 * node at random where to, and that one may not know yet: asked again at once it would use up its tries in vain.
 */
export const openSubscriber = (url: string): Client =>
  open(url, ANNOUNCEMENTS, { shardedSubscribers: true, retryDelayOnMoved: 100 })

/** For signals, which may be lost: its subscriptions hold over every reconnection. */
export const openListener = (url: string): Client => open(url, SIGNALS, { shardedSubscribers: true })
