/** A device of the simulation: it writes, reads, signs in and out, and repeats whatever it got no answer to. */
import type { App } from "../../src/app/app.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import type { Presenter } from "../../src/app/presenter.ts"
import { HubError } from "../../src/protocol/errors.ts"
import { StoreUnavailable } from "../../src/store/contract.ts"
import type { Chance } from "../acceptance/random.ts"
import { anonymous, PARTITIONS, read, say, signIn, UNKNOWN, visitor } from "../app/stage.ts"

/** An acknowledged message: its author, as the device knew them then. */
export interface Acknowledged {
  readonly text: string
  readonly messageId: string
  readonly userId: string
  readonly externalId: string | undefined
}

/** No device waits for a dead node: the same request goes to any other one. */
export async function insistently<T>(request: () => Promise<T>, onDoubt?: () => void): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await request()
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || tries === 200) throw error
      onDoubt?.()
    }
  }
}

export class Device {
  readonly name: string
  readonly externalId: string
  readonly acknowledged: Acknowledged[] = []
  /**
   * Sent without an answer, then signed in, then sent again. Where the operator had merged the visitor into another
   * user meanwhile, it is another user who sends again, and the first one's message stays theirs.
   */
  readonly doubted = new Set<string>()
  /** Users this device ever was. */
  readonly users: string[] = []
  readonly conversations: string[] = []
  #presenter: Presenter = UNKNOWN
  #sends = 0
  readonly #nodes: readonly App[]
  readonly #chance: Chance

  constructor(name: string, externalId: string, nodes: readonly App[], chance: Chance) {
    this.name = name
    this.externalId = externalId
    this.#nodes = nodes
    this.#chance = chance
    this.logout()
  }

  get userId(): string {
    return this.#presenter.kind === "nobody" ? "" : this.#presenter.userId
  }

  get proven(): boolean {
    return this.#presenter.kind === "identified"
  }

  logout(): void {
    const userId = visitor(this.#chance.below(PARTITIONS))
    this.#presenter = anonymous(userId)
    this.users.push(userId)
  }

  async login(): Promise<void> {
    const { externalId } = this
    const { person } = await insistently(() => signIn(this.#node(), this.#presenter, externalId))
    this.#presenter = { kind: "identified", userId: person.record.id, externalId }
    this.users.push(person.record.id)
  }

  /** Refused, because another device of the session was faster: it signs in and sends the same again. */
  async send(): Promise<void> {
    this.#sends += 1
    const text = `${this.name}.${this.#sends}`
    const known = this.conversations.at(-1)
    const aimed = known !== undefined && this.#chance.below(3) === 0 ? { conversationId: known } : {}
    let doubt = false
    for (;;) {
      const voice = { proven: this.proven, device: this.name }
      try {
        const request = () => say(this.#node(), this.userId, text, { ...voice, ...aimed })
        const sent = await insistently(request, () => {
          doubt = true
        })
        const { id, conversationId } = sent.message
        const externalId = this.proven ? this.externalId : undefined
        this.acknowledged.push({ text, messageId: id, userId: this.userId, externalId })
        this.conversations.push(conversationId)
        return
      } catch (error) {
        if (!(error instanceof HubError)) throw error
        if (error.code === "session_consumed") {
          const former = this.userId
          await this.login()
          const now = await insistently(() => resolveUser(this.#node(), former))
          if (doubt && now?.record.id !== this.userId) this.doubted.add(text)
        }
        // After a logout the old conversation is another user's.
        else if (error.code === "not_found" && known !== undefined) return
        else throw error
      }
    }
  }

  async readAll(): Promise<void> {
    const conversationId = this.conversations.at(-1)
    if (conversationId === undefined) return
    const position = `${(Date.now() + 1000).toString(16).padStart(12, "0")}zzzzzzzz000000`
    try {
      await insistently(() =>
        read(this.#node(), this.userId, conversationId, position, { proven: this.proven }),
      )
    } catch (error) {
      if (!(error instanceof HubError)) throw error
    }
  }

  #node(): App {
    return this.#chance.pick(this.#nodes)
  }
}
