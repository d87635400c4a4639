/**
 * The Socket.IO adapter between nodes: it carries what may be lost – typing, presence. Correctness never depends on
 * it. Its clients catch their own rejections, for the adapter does not, and an outage must not end the process.
 */
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter"
import { Redis } from "ioredis"
import { Packr } from "msgpackr"
import { type Client, openListener, openWriter } from "../store/redis/connect.ts"

export type AdapterFactory = ReturnType<typeof createAdapter> | ReturnType<typeof createShardedAdapter>

export interface Signals {
  readonly adapter: AdapterFactory
  close(): void
}

export function redisSignals(url: string, onError: (error: unknown) => void): Signals {
  const publisher = forgiving(openWriter(url), onError)
  const subscriber = forgiving(openListener(url), onError)
  for (const client of [publisher, subscriber]) client.on("error", onError)
  const packr = new Packr({ useRecords: false })
  const parser = {
    encode: (value: unknown) => packr.pack(value),
    decode: (bytes: Buffer): unknown => packr.unpack(bytes),
  }
  const adapter: AdapterFactory =
    publisher instanceof Redis
      ? createAdapter(publisher, subscriber, { publishOnSpecificResponseChannel: true, parser })
      : createShardedAdapter(publisher, subscriber)
  return {
    adapter,
    close() {
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}

const MAY_FAIL = [
  "publish",
  "spublish",
  "subscribe",
  "psubscribe",
  "ssubscribe",
  "sunsubscribe",
  "unsubscribe",
]

/** What the adapter asks of a client may fail; it is counted, and the signal is lost. */
function forgiving(client: Client, onError: (error: unknown) => void): Client {
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
