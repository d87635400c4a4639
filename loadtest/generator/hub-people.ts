/** People of the hub, for jobs that ask for more than rooms: visitors, persons who are signed in, agents. */
import { agentToken, fromTexts, type HubOptions, introduction, userToken } from "../dialects/hub-dialect.ts"
import { Client, type Hot } from "../wire/namespace-socket.ts"
import { addressOf, endpointOf } from "./connect-many.ts"
import type { Address } from "./job.ts"

export class HubPeople {
  readonly #address: Address
  readonly #options: HubOptions

  constructor(address: Address) {
    if (address.dialect.name !== "hub") throw new Error("This is a job for the hub alone.")
    this.#address = address
    this.#options = fromTexts(address.dialect.options)
  }

  token(externalId: string): string {
    return userToken(this.#options.user, externalId)
  }

  /** @param number of the household: its address and its node */
  visitor(number: number, more: object = {}, hot: Hot = {}): Promise<[Client, unknown]> {
    const auth = { ...introduction(this.#options.appId, `visitor-${number}`), ...more }
    return this.#open(number, "/messaging", auth, hot)
  }

  person(externalId: string, number: number, hot: Hot = {}): Promise<[Client, unknown]> {
    const device = introduction(this.#options.appId, `person-${number}`)
    return this.#open(number, "/messaging", { ...device, jwt: this.token(externalId) }, hot)
  }

  agent(number: number, hot: Hot = {}): Promise<[Client, unknown]> {
    const { appId, agent } = this.#options
    return this.#open(number, "/agent", { v: 1, appId, token: agentToken(agent, number) }, hot)
  }

  #open(number: number, namespace: string, auth: object, hot: Hot): Promise<[Client, unknown]> {
    const endpoint = endpointOf(this.#address.endpoints, number, 0)
    return Client.open({ endpoint, namespace, auth, from: addressOf(endpoint, number) }, "ready", hot)
  }
}

/** A field within what the hub said. */
export function field(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  )
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A command that must succeed. @throws Error with what the hub answered instead */
export async function ask(client: Client, command: string, body: object): Promise<unknown> {
  const answer = await client.emit(command, body)
  if (field(answer, "ok") !== true) throw new Error(`${command}: ${JSON.stringify(answer).slice(0, 500)}`)
  return field(answer, "result")
}

const IN_FLIGHT = 32

/** Writes many messages, some at a time, in their order; `textOf` makes the n-th. */
export async function writeMany(
  client: Client,
  count: number,
  textOf: (n: number) => string,
  more: object = {},
): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const content = { type: "text", text: textOf(n) }
      await ask(client, "message:send", { localId: `load-${n}`, content, ...more })
    }
  }
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, count) }, work))
}
