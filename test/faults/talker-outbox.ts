/** What was said on a person's device: sent one after another, each until the hub has answered for good. */
import { setTimeout as delay } from "node:timers/promises"
import { z } from "zod"
import { messageShape } from "../acceptance/shapes.ts"
import type { Guise, Send } from "./day-history.ts"
import type { Site } from "./site.ts"
import type { Answer } from "./stock-line.ts"

const AGAIN_MS = 150
export const CURED_BY_LOGIN = ["session_consumed", "token_expired", "token_revoked"]
const sent = z.looseObject({ message: messageShape })

/** The device, as its outbox sees it. */
export interface Sender {
  readonly person: number
  readonly name: string
  guise(): Guise
  isClosed(): boolean
  /** Resolves when the hub knows the device and it is not about to sign out, or when it is closed. */
  mayTalk(): Promise<void>
  ask(name: string, body: unknown): Promise<Answer>
  /** Only a login helps now. */
  silence(code: string): void
}

export class TalkerOutbox {
  readonly #site: Site
  readonly #sender: Sender
  readonly #texts: string[] = []
  #pumping = false
  #count = 0

  constructor(site: Site, sender: Sender) {
    this.#site = site
    this.#sender = sender
  }

  get empty(): boolean {
    return this.#texts.length === 0
  }

  say(times: number): void {
    for (let n = 0; n < times; n++) this.#texts.push(`${this.#sender.name}.${this.#count++}`)
    if (!this.#pumping) void this.#pump()
  }

  /** One after the other: what a device says is stored in the order in which it was said. */
  async #pump(): Promise<void> {
    this.#pumping = true
    for (let text = this.#texts[0]; text !== undefined && !this.#sender.isClosed(); text = this.#texts[0]) {
      await this.#sender.mayTalk()
      if (this.#sender.isClosed()) break
      if (await this.#send(this.#attempt(text))) this.#texts.shift()
    }
    this.#pumping = false
  }

  #attempt(text: string): Send {
    const { person, name: device } = this.#sender
    const guise = this.#sender.guise()
    const known = this.#site.sends.get(text)
    if (!known)
      return this.#site.began({ text, person, device, guise, by: "user", invoked: this.#site.now() })
    // A visitor whom the hub took for a new one sends it again as that.
    if (typeof guise === "number" && known.guise !== guise) Object.assign(known, { guise })
    return known
  }

  /** @returns whether there is nothing more to try */
  async #send(send: Send): Promise<boolean> {
    const answer = await this.#sender.ask("message:send", {
      localId: send.text,
      content: { type: "text", text: send.text },
    })
    if (answer.kind === "lost") return false
    if (answer.kind === "ok") {
      send.acked = { at: this.#site.now(), messageId: sent.parse(answer.result).message.id }
      return true
    }
    const { code, retryable, retryAfterMs, message } = answer.error
    if (CURED_BY_LOGIN.includes(code)) {
      this.#sender.silence(code)
      return false
    }
    if (!retryable) send.refused = `${code}: ${message}`
    else await delay(retryAfterMs ?? AGAIN_MS)
    return !retryable
  }
}
