/** Visitors who write once and sign in as somebody whose conversation is busy meanwhile, one after another. */
import { textOf } from "../../check/key.ts"
import { CLEAN, type Verdict } from "../../check/verdict.ts"
import { field, HubPeople, writeMany } from "../hub-people.ts"
import type { Address } from "../job.ts"

export interface FarParams {
  readonly address: Address
  readonly run: string
  /** Of the person, as the hub's dialect names whoever is in a room. */
  readonly externalId: string
  readonly logins: number
  readonly characters: number
  /** Between a visitor's message and their login. */
  readonly pauseMs: number
}

export interface FarLogins {
  /** Milliseconds from each `login` to its answer; the nodes take turns. */
  readonly took: readonly number[]
  readonly verdict: Verdict
}

export type FarJob = {
  login(): Promise<FarLogins>
}

export async function far(given: unknown): Promise<FarJob> {
  // The boundary: the bench and this file are of one version.
  const params = given as FarParams
  const { address, run, externalId, logins, characters, pauseMs } = params
  const people = new HubPeople(address)

  return {
    async login() {
      const took: number[] = []
      let refused = 0
      for (let room = 0; room < logins; room += 1) {
        const [visitor] = await people.visitor(room)
        await writeMany(visitor, 1, (n) => textOf({ run, room, sender: 0, n }, characters))
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
        const began = performance.now()
        const answer = await visitor.emit("login", { jwt: people.token(externalId) })
        took.push(performance.now() - began)
        if (field(answer, "result", "outcome") !== "merged") refused += 1
        visitor.destroy()
      }
      return { took, verdict: { ...CLEAN, refused } }
    },
  }
}
