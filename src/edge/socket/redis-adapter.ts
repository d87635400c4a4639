/**
 * The Socket.IO adapter between nodes. It carries only what may be lost: typing, presence, shared counts. The adapter does not
 * catch rejections of its Redis clients, so they are wrapped here: an outage must not end the process.
 */
import { setTimeout as delay } from "node:timers/promises"
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter"
import { Redis } from "ioredis"
import { Packr } from "msgpackr"
import { parseRedisUrl } from "../../store/redis/address.ts"
import { openListener, openWriter, type RedisClient } from "../../store/redis/connect.ts"
import { signalChannel } from "../../store/redis/key-names.ts"

export type AdapterFactory = ReturnType<typeof createAdapter> | ReturnType<typeof createShardedAdapter>

export interface RedisAdapter {
  readonly adapter: AdapterFactory
  close(): void
}

/** A node does not wait longer for the adapter before it accepts connections. */
const CONNECT_DEADLINE_MS = 5_000

export interface RedisAdapterSettings {
  readonly url: string
  /** As the store has it: hubs with different ones, or in different databases, do not hear one another. */
  readonly prefix?: string
}

/**
 * Resolves when both connections are open, so that no signal after that is lost for lack of one; or after a while, and
 * then they open later by themselves: the listener keeps its subscriptions, from the start and over every reconnection.
 */
export async function openRedisAdapter(
  { url, prefix = "" }: RedisAdapterSettings,
  onError: (error: unknown) => void,
): Promise<RedisAdapter> {
  const address = parseRedisUrl(url)
  const channel = signalChannel(prefix, address.database)
  const publisher = forgiving(openWriter(address), onError)
  const subscriber = forgiving(openListener(address), onError)
  for (const client of [publisher, subscriber]) client.on("error", onError)
  await connected([publisher, subscriber])
  const packr = new Packr({ useRecords: false })
  const parser = {
    encode: (value: unknown) => packr.pack(value),
    decode: (bytes: Buffer): unknown => packr.unpack(bytes),
  }
  const adapter: AdapterFactory =
    publisher instanceof Redis
      ? createAdapter(publisher, subscriber, { key: channel, publishOnSpecificResponseChannel: true, parser })
      : createShardedAdapter(publisher, subscriber, { channelPrefix: channel })
  return {
    adapter,
    close() {
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}

async function connected(clients: readonly RedisClient[]): Promise<void> {
  const waiting = new AbortController()
  const late = delay(CONNECT_DEADLINE_MS, undefined, { signal: waiting.signal }).catch(() => undefined)
  await Promise.race([Promise.all(clients.map(ready)), late])
  waiting.abort()
}

const ready = (client: RedisClient): Promise<void> =>
  new Promise((resolve) => {
    if (client.status === "ready") resolve()
    else client.once("ready", () => resolve())
  })

const MAY_FAIL = [
  "publish",
  "spublish",
  "subscribe",
  "psubscribe",
  "ssubscribe",
  "sunsubscribe",
  "unsubscribe",
  "punsubscribe",
]

/** A call of the adapter may fail: the error is counted, and the signal is lost. */
function forgiving(client: RedisClient, onError: (error: unknown) => void): RedisClient {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== "function") return value
      if (!MAY_FAIL.includes(String(name))) return value.bind(target)
      return (...args: unknown[]) => {
        const asked: unknown = Reflect.apply(value, target, args)
        if (asked instanceof Promise) asked.catch(onError)
        return asked instanceof Promise ? asked.catch(() => 0) : asked
      }
    },
  })
}
