/** Where people and agents meet the hub: one app, its doors, and the history of what goes on there. */
import { createHash } from "node:crypto"
import type { Admin } from "../acceptance/admin.ts"
import { type Key, mint, nowSeconds } from "../acceptance/tokens.ts"
import type { History, Send } from "./history.ts"

/** A hub whose clock goes a little wrong accepts it all the same. */
const ISSUED_BEFORE_S = 120
const LIVES_S = 86_400

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
    const appId = await admin().createApp({ conversationMode: "single", agentWorkspace: true, rateLimits })
    const userKey = await admin().createKey(appId)
    const agentKey = await admin().createKey(appId, "agent")
    return new Site({ appId, userKey, agentKey }, urls, admin, history)
  }

  url(n: number): string {
    const url = this.#urls[n % this.#urls.length]
    if (url === undefined) throw new Error("a site has a door")
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

const lifetime = () => ({ iat: nowSeconds() - ISSUED_BEFORE_S, exp: nowSeconds() + LIVES_S })

export const externalIdOf = (person: number): string => `person ${person}`

/** Equal for equal values, whatever the order of their fields. */
export function printOf(value: unknown): string {
  const sorted = JSON.stringify(value, (_, part: unknown) =>
    part && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
  return createHash("sha1").update(sorted).digest("base64url").slice(0, 16)
}
