/**
 * The store over Redis 7 or newer: one server, Sentinel or Cluster.
 *
 *     record    string   version (16 digits), value
 *     log       stream   ids <at>-<n>, one field (stream-entry.ts)
 *     ranking   zset
 *     known id  hash per scope and day (commit.lua)
 *
 * Every write goes through `commit.lua`, which knows nothing of the business.
 */
import type { Store } from "../contract.ts"
import { checkName } from "../validate.ts"
import { Announcements } from "./announcements.ts"
import { Commits } from "./commits.ts"
import { type Client, openSubscriber, openWriter } from "./connect.ts"
import { type Inspection, inspect } from "./inspect.ts"
import { rankingKey } from "./key-names.ts"
import { findResults, loadRecords, readHead, readLog, readRanking } from "./reads.ts"
import { RetryingClient } from "./retrying-client.ts"
import { Script } from "./script.ts"

export interface RedisSettings {
  /** `redis://`, `rediss://`, several of them with commas = Cluster, `redis+sentinel://…/masterName[/db]`. */
  readonly url: string
  /** Lost connections and failed checks; the store recovers by itself, so this is for log and metrics. */
  readonly onError?: (error: unknown) => void
  /** Milliseconds within which an announcement lost without a trace is found; 30,000 if not given. */
  readonly heartbeatEveryMs?: number
}

export interface RedisStore extends Store {
  /** What the server's settings do not keep, for the start-up log. */
  inspect(): Promise<Inspection>
}

/** Opens the store. Rejects with `StoreUnavailable` when the server does not answer within seconds. */
export async function openRedis({
  url,
  onError = () => undefined,
  heartbeatEveryMs = 30_000,
}: RedisSettings): Promise<RedisStore> {
  const writer = openWriter(url)
  const subscriber = openSubscriber(url)
  // Without a listener ioredis prints; and an error it cannot deliver would end the process.
  for (const client of [writer, subscriber] satisfies Client[]) client.on("error", onError)

  const script = new Script()
  writer.on("ready", () => script.load(writer))
  const link = new RetryingClient(writer)
  const announcements: Announcements = new Announcements(link, subscriber, { heartbeatEveryMs, onError })
  const commits = new Commits(link, script, announcements.hand)

  /** A bad name is the caller's mistake ([S14]); any other failure is tried again. */
  const reading = async <Found>(names: readonly string[], read: (client: Client) => Promise<Found>) => {
    for (const name of names) checkName(name)
    return link.withRetry(read)
  }

  const store: RedisStore = {
    load: (partition, keys) =>
      reading([partition, ...keys], (client) => loadRecords(client, partition, keys)),
    read: (partition, log, range) =>
      reading([partition, log], (client) => readLog(client, partition, log, range)),
    head: (partition, log) => reading([partition, log], (client) => readHead(client, partition, log)),
    rank: (partition, ranking, page) =>
      reading([partition, ranking], (client) => readRanking(client, partition, ranking, page)),
    size: (partition, ranking) =>
      reading([partition, ranking], (client) => client.zcard(rankingKey(partition, ranking))),
    findResults: (partition, ids) =>
      reading([partition, ...ids.flatMap(({ scope, key }) => [scope, key])], (client) =>
        findResults(client, partition, ids),
      ),
    commit: (partition, change) => commits.commit(partition, change),
    follow: (partition, log, follower) => announcements.follow(partition, log, follower),
    async ping() {
      await link.withRetry(async (client) => {
        await client.ping()
        // A node that receives no announcements delivers nothing to its sockets, so it must not count as ready.
        if (!announcements.open) throw new Error("the connection for announcements is not open")
      })
    },
    async close() {
      await commits.settled()
      announcements.close()
      link.close()
    },
    inspect: () => inspect(link),
  }
  try {
    await store.ping()
  } catch (error) {
    await store.close()
    throw error
  }
  return store
}
