/** The admin API of section 8, called as a back end calls it. */
import { randomUUID } from "node:crypto"
import { z } from "zod"
import { type Conversation, conversationShape, type Message, messageShape, wireError } from "./shapes.ts"
import type { Key } from "./tokens.ts"

export interface Answer {
  status: number
  body: unknown
  text: string
}

const app = z.looseObject({ id: z.string(), settings: z.record(z.string(), z.unknown()).optional() })
const person = z.looseObject({
  id: z.string(),
  externalId: z.string().optional(),
  authenticated: z.boolean(),
  profile: z.looseObject({ name: z.string().optional(), email: z.string().optional() }),
  metadata: z.record(z.string(), z.unknown()).optional(),
  aliases: z.array(z.unknown()).optional(),
  devices: z.array(z.unknown()).optional(),
  conversations: z.array(z.unknown()).optional(),
})
export type Person = z.infer<typeof person>

export class Admin {
  readonly #url: string
  readonly #token: string
  /** Every answer, for the test that looks for secrets in them. */
  readonly answers: { call: string; text: string }[] = []

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    this.answers.push({ call: `${method} ${path}`, text })
    return { status: response.status, body: parsed(text), text }
  }

  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.request(method, path, body)
    if (answer.status < 300) return answer.body
    throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`)
  }

  /** The error code of a call that must not succeed. */
  async code(method: string, path: string, body?: unknown): Promise<string> {
    const answer = await this.request(method, path, body)
    if (answer.status < 400) throw new Error(`${method} ${path} succeeded: ${answer.text.slice(0, 300)}`)
    return z.strictObject({ error: wireError }).parse(answer.body).error.code
  }

  async createApp(settings: Record<string, unknown> = {}): Promise<string> {
    return z.object({ app }).parse(await this.call("POST", "/v1/apps", { settings })).app.id
  }

  async createKey(appId: string, role = "user"): Promise<Key> {
    const answer = await this.call("POST", `/v1/apps/${appId}/keys`, { role })
    return z.looseObject({ kid: z.string(), secret: z.string().min(16) }).parse(answer)
  }

  async deleteKey(appId: string, kid: string): Promise<void> {
    await this.call("DELETE", `/v1/apps/${appId}/keys/${kid}`)
  }

  async user(appId: string, userId: string): Promise<Person> {
    return personIn(await this.call("GET", `/v1/apps/${appId}/users/${userId}`))
  }

  /** `…/users/:userId (or ?externalId=)`: the query stands in the place of the id. */
  async holder(appId: string, externalId: string): Promise<Person> {
    return personIn(
      await this.call("GET", `/v1/apps/${appId}/users?externalId=${encodeURIComponent(externalId)}`),
    )
  }

  async conversation(appId: string, id: string): Promise<Conversation> {
    const answer = await this.call("GET", `/v1/apps/${appId}/conversations/${id}`)
    return z.object({ conversation: z.looseObject(conversationShape.shape) }).parse(answer).conversation
  }

  async page(appId: string, id: string, query = ""): Promise<{ messages: Message[]; more: boolean }> {
    const answer = await this.call("GET", `/v1/apps/${appId}/conversations/${id}/messages${query}`)
    return z.object({ messages: z.array(messageShape), more: z.boolean() }).parse(answer)
  }

  /** The business speaks. */
  async say(
    appId: string,
    conversationId: string,
    text: string,
    more: Record<string, unknown> = {},
  ): Promise<void> {
    await this.call("POST", `/v1/apps/${appId}/conversations/${conversationId}/messages`, {
      localId: randomUUID(),
      author: { type: "agent", id: "agent-1", name: "Ada" },
      content: { type: "text", text },
      ...more,
    })
  }

  async merge(
    appId: string,
    survivingUserId: string,
    discardedUserId: string,
    dryRun?: true,
  ): Promise<unknown> {
    const body = { survivingUserId, discardedUserId, ...(dryRun && { dryRun }) }
    return await this.call("POST", `/v1/apps/${appId}/users/merge`, body)
  }
}

const personIn = (answer: unknown): Person => z.object({ user: person }).parse(answer).user

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
