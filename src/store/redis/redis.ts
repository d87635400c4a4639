/**
 * The store over Redis 7 or newer: one server, Sentinel or Cluster.
 *
 *     record    string   version (16 digits), value
 *     log       stream   ids <at>-<n>, one field (stream-entry.ts)
 *     ranking   zset
 *     known id  hashes per scope and day (commit.lua)
 *
 * Every write goes through `commit.lua`, which knows nothing of the business.
 */
import { type PartitionName, type Store, StoreUnavailable } from "../contract.ts"
import { checkName } from "../validate.ts"
import { parseRedisUrl } from "./address.ts"
import { AnnouncedLogs } from "./announced-logs.ts"
import { Commits } from "./commit-batches.ts"
import { commitNames } from "./commit-names.ts"
import { openWriter, type RedisClient, subscriberBeside } from "./connect.ts"
import { type Inspection, inspect } from "./inspect.ts"
import { channelKey, prefixed, rankingKey, recordKey } from "./key-names.ts"
import { findResults, loadRecords, readHead, readLog, readRanking, readRankings } from "./queries.ts"
import { reasonOf } from "./reason.ts"
import type { Replication } from "./replication.ts"
import { RetryingClient } from "./retrying-client.ts"
import { Script } from "./script.ts"
import { StoreClock } from "./store-clock.ts"

export interface RedisSettings {
  /** As `address.ts` reads it. */
  readonly url: string
  /** Keeps hubs apart that share a database: stands before every key and channel. None if not given. */
  readonly prefix?: string
  /** Lost connections and failed checks; the store recovers by itself, so this is for log and metrics. */
  readonly onError?: (error: unknown) => void
  /** Replicas that must have a commit before it is answered; none are waited for if not given. */
  readonly replication?: Replication
  /** Milliseconds within which an announcement lost without a trace is found; 30,000 if not given. */
  readonly heartbeatEveryMs?: number
}

export interface RedisStore extends Store {
  /** What the server's settings do not keep, for the start-up log. */
  inspect(): Promise<Inspection>
}

/** A partition that holds nothing: its names are there to ask what may be done with such ones. */
const RIGHTS: PartitionName = "~rights:0"

const isSelect = (error: unknown): boolean =>
  error instanceof Error && /DB index|SELECT is not allowed|'select'/i.test(error.message)

/** Opens the store. Rejects with `StoreUnavailable`, which says why in one sentence, when there is none within seconds. */
export async function openRedis(settings: RedisSettings): Promise<RedisStore> {
  const { url, onError = () => undefined } = settings
  const address = parseRedisUrl(url)
  let trouble: unknown
  // Without a listener ioredis prints; and an error it cannot deliver would end the process.
  const noting = (error: unknown) => {
    trouble = error
    onError(error)
  }
  const writer = openWriter(address).on("error", noting)
  const script = new Script()
  writer.on("ready", () => script.load(writer))
  const link = new RetryingClient(writer)
  let store: RedisStore | undefined
  try {
    await link.withRetry((client) => client.ping())
    const subscriber = await subscriberBeside(writer, address)
    if (subscriber !== writer) subscriber.on("error", noting)
    const clock = new StoreClock(link)
    // After a fail-over it is another server's.
    writer.on("ready", () => clock.again())
    store = storeOver({ link, subscriber, script, clock, database: address.database }, settings)
    await store.ping()
    await clock.start()
    // Refused another database, ioredis goes on in the first one, which may be another program's.
    if (isSelect(trouble)) throw trouble
    return store
  } catch (error) {
    await store?.close()
    link.close()
    throw new StoreUnavailable(reasonOf(trouble ?? error, address), { cause: error })
  }
}

interface Parts {
  readonly link: RetryingClient
  readonly subscriber: RedisClient
  readonly script: Script
  readonly clock: StoreClock
  readonly database: number
}

function storeOver(
  { link, subscriber, script, clock, database }: Parts,
  { prefix = "", onError = () => undefined, replication, heartbeatEveryMs = 30_000 }: RedisSettings,
): RedisStore {
  const announcedLogs = new AnnouncedLogs(link, subscriber, { heartbeatEveryMs, onError, database })
  const commits = new Commits(
    link,
    script,
    { hand: announcedLogs.hand, names: commitNames(database) },
    onError,
    replication,
  )

  /** Names are the caller's mistake ([S14]); anything else that goes wrong is tried again. */
  const reading = async <Found>(
    partition: PartitionName,
    names: readonly string[],
    read: (client: RedisClient, partition: PartitionName) => Promise<Found>,
  ) => {
    for (const name of [partition, ...names]) checkName(name)
    return link.withRetry((client) => read(client, prefixed(prefix, partition)))
  }

  return {
    load: (partition, keys) => reading(partition, keys, (client, at) => loadRecords(client, at, keys)),
    read: (partition, log, range) =>
      reading(partition, [log], (client, at) => readLog(client, at, log, range)),
    head: (partition, log) => reading(partition, [log], (client, at) => readHead(client, at, log)),
    rank: (partition, ranking, page) =>
      reading(partition, [ranking], (client, at) => readRanking(client, at, ranking, page)),
    rankTogether: (partition, rankings, page) =>
      reading(partition, rankings, (client, at) => readRankings(client, at, rankings, page)),
    size: (partition, ranking) =>
      reading(partition, [ranking], (client, at) => client.zcard(rankingKey(at, ranking))),
    findResults: (partition, ids) =>
      reading(
        partition,
        ids.flatMap(({ scope, key }) => [scope, key]),
        (client, at) => findResults(client, at, ids),
      ),
    commit: (partition, change) => commits.commit(prefixed(prefix, partition), change),
    follow: (partition, log, follower, fresh) =>
      announcedLogs.follow(prefixed(prefix, partition), log, follower, fresh),
    now: () => clock.now(),
    async ping() {
      await link.withRetry(async (client) => {
        await client.ping()
        // A node that receives no announcements delivers nothing to its sockets, so it must not count as ready.
        if (!announcedLogs.open) throw new Error("the connection for announcements is not open")
      })
    },
    async close() {
      clock.stop()
      await commits.settled()
      announcedLogs.close()
      link.close()
    },
    inspect: () => {
      const own = prefixed(prefix, RIGHTS)
      return inspect(link, { key: recordKey(own, "asked"), channel: channelKey(own, database) })
    },
  }
}
