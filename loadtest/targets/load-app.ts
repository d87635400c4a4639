/** An app for the load, made over the admin API (docs/protocol.md 8): its limits lifted, for they are not what is measured here. */
import type { HubOptions } from "../dialects/hub-dialect.ts"
import type { TokenKey } from "../dialects/token.ts"

export const ADMIN_TOKEN = "Kx7Qm2VtRz9LbW4nYpHs3dFg"

const APP_ID = "load"
// The largest that any limit accepts is not known here: from above, the first that does.
const LIFTED = [1_000_000, 100_000, 10_000, 1_000]

export class Admin {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async call(method: string, path: string, body?: object): Promise<{ status: number; answer: unknown }> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, answer: text === "" ? undefined : JSON.parse(text) }
  }

  /** @throws Error on any answer but a good one */
  async demand(method: string, path: string, body?: object): Promise<unknown> {
    const { status, answer } = await this.call(method, path, body)
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`)
    return answer
  }

  async makeApp(settings: object = {}, lifted = true): Promise<HubOptions> {
    const made = await this.demand("POST", "/v1/apps", { id: APP_ID, settings })
    if (lifted) await this.#lift(at(made, "app", "settings", "rateLimits"))
    return { appId: APP_ID, user: await this.#key("user"), agent: await this.#key("agent") }
  }

  /** Whatever limits the hub knows, each as high as it may be. */
  async #lift(limits: unknown): Promise<void> {
    if (typeof limits !== "object" || limits === null) return
    for (const path of leaves(limits)) {
      for (const value of LIFTED) {
        const rateLimits = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
        const { status } = await this.call("PATCH", `/v1/apps/${APP_ID}`, { settings: { rateLimits } })
        if (status < 300) break
        if (value === LIFTED.at(-1)) throw new Error(`The limit ${path.join(".")} could not be lifted.`)
      }
    }
  }

  async #key(role: "user" | "agent"): Promise<TokenKey> {
    const answer = await this.demand("POST", `/v1/apps/${APP_ID}/keys`, { role })
    return { kid: String(at(answer, "kid")), secret: String(at(answer, "secret")) }
  }
}

function leaves(value: object): string[][] {
  return Object.entries(value).flatMap(([name, inner]) => {
    if (typeof inner === "number") return [[name]]
    return typeof inner === "object" && inner !== null ? leaves(inner).map((path) => [name, ...path]) : []
  })
}

/** A field within an answer. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  )
}
