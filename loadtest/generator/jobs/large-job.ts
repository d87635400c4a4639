/** A visitor with very many conversations signs in as somebody who has as many. */
import { CLEAN, type Verdict } from "../../check/verdict.ts"
import type { Client } from "../../wire/namespace-socket.ts"
import { each } from "../connect-many.ts"
import { ask, field, HubPeople } from "../hub-people.ts"
import type { Address } from "../job.ts"

export interface LargeParams {
  readonly address: Address
  readonly run: string
  /** Of either, each with a message. */
  readonly conversations: number
}

export interface LargeMerged {
  readonly ms: number
  readonly verdict: Verdict
}

export type LargeJob = {
  /** Both write what they have. */
  write(): Promise<void>
  merge(): Promise<LargeMerged>
}

const AT_ONCE = 16
/** Households of their own: the limits of an address are not what is measured. */
const FIRST_HOUSEHOLD = 40_000

export async function large(given: unknown): Promise<LargeJob> {
  // The boundary: the bench and this file are of one version.
  const { address, run, conversations } = given as LargeParams
  const people = new HubPeople(address)
  let pairs = 0
  let visitor: Client | undefined

  const write = (client: Client): Promise<unknown> =>
    each(
      conversations,
      async (number) => {
        const made = await ask(client, "conversation:create", { localId: `conversation-${number}` })
        const content = { type: "text", text: `Question ${number}` }
        const conversationId = String(field(made, "conversation", "id"))
        await ask(client, "message:send", { localId: `message-${number}`, conversationId, content })
      },
      AT_ONCE,
    )
  const externalId = (): string => `large-${run}-${pairs}`

  return {
    async write() {
      pairs += 1
      const [person] = await people.person(externalId(), FIRST_HOUSEHOLD + 2 * pairs)
      await write(person)
      person.destroy()
      const [other] = await people.visitor(FIRST_HOUSEHOLD + 2 * pairs + 1)
      await write(other)
      visitor = other
    },

    async merge() {
      if (!visitor) throw new Error("Nobody has written anything.")
      const began = performance.now()
      const answer = await visitor.emit("login", { jwt: people.token(externalId()) })
      const ms = performance.now() - began
      visitor.destroy()
      const merged = field(answer, "result", "outcome") === "merged"
      return { ms, verdict: { ...CLEAN, refused: merged ? 0 : 1 } }
    },
  }
}
