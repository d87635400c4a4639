/** Where people and agents meet the hub: one app, its addresses, and the history of what goes on there. */
import { createHash } from "node:crypto"
import { setTimeout as delay } from "node:timers/promises"
import type { Admin } from "../acceptance/admin-caller.ts"
import type { Message } from "../acceptance/shapes.ts"
import { type Key, mint, nowSeconds } from "../acceptance/tokens.ts"
import { textOf } from "../acceptance/view.ts"
import type { History, Send, Stored } from "./day-history.ts"

/** A hub whose clock goes a little wrong accepts it all the same. */
const ISSUED_BEFORE_S = 120
const LIVES_S = 86_400
const TRIES = 20
const AGAIN_MS = 250

export class Site {
  readonly appId: string
  readonly history: History
  readonly admin: () => Admin
  /** Sends by their texts: a text says whose it is. */
  readonly sends = new Map<string, Send>()
  readonly #urls: readonly string[]
  readonly #userKey: Key
  readonly #agentKey: Key

  private constructor(
    app: { appId: string; userKey: Key; agentKey: Key },
    urls: readonly string[],
    admin: () => Admin,
    history: History,
  ) {
    this.appId = app.appId
    this.#userKey = app.userKey
    this.#agentKey = app.agentKey
    this.#urls = urls
    this.admin = admin
    this.history = history
  }

  static async open(urls: readonly string[], admin: () => Admin, history: History): Promise<Site> {
    const rateLimits = { sendsPerSecond: 100_000, burst: 100_000 }
    const settings = { conversationMode: "single", agentWorkspace: true, rateLimits }
    const appId = await patiently(() => admin().createApp(settings))
    const userKey = await patiently(() => admin().createKey(appId))
    const agentKey = await patiently(() => admin().createKey(appId, "agent"))
    return new Site({ appId, userKey, agentKey }, urls, admin, history)
  }

  url(n: number): string {
    const url = this.#urls[n % this.#urls.length]
    if (url === undefined) throw new Error("a site has an address")
    return url
  }

  userToken(externalId: string): string {
    return mint(this.#userKey, { scope: "user", external_id: externalId, ...lifetime() })
  }

  agentToken(id: string): string {
    return mint(this.#agentKey, { scope: "agent", sub: id, name: id, ...lifetime() })
  }

  began(send: Send): Send {
    this.history.sends.push(send)
    this.sends.set(send.text, send)
    return send
  }

  now(): number {
    return performance.now()
  }
}

/** A store that has just been mended, or a replica that is slow today, may be unavailable still. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call()
    } catch (error) {
      if (tries === TRIES) throw error
      await delay(AGAIN_MS)
    }
  }
}

const lifetime = () => ({ iat: nowSeconds() - ISSUED_BEFORE_S, exp: nowSeconds() + LIVES_S })

export const externalIdOf = (person: number): string => `person ${person}`

export const storedOf = (message: Message): Stored => {
  const { id, position, authenticated } = message
  return { id, position, authenticated, text: textOf(message) }
}

/** Equal for equal values, whatever the order of their fields. */
export function printOf(value: unknown): string {
  const sorted = JSON.stringify(value, (_, part: unknown) =>
    part && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
  return createHash("sha1").update(sorted).digest("base64url").slice(0, 16)
}
