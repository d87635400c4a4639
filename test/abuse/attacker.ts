/**
 * The attackers' own process, so that what they cost themselves is not taken for what they cost the hub. It is given
 * one order, says when it is armed, attacks when told to, and reports.
 */
import { constants, setPriority } from "node:os"
import { FLOODS } from "./floods/flood-list.ts"
import { type Assignment, type Deeds, Mob } from "./mob.ts"

export type Said =
  | { readonly said: "armed" }
  | { readonly said: "done"; readonly deeds: Deeds }
  | { readonly said: "failed"; readonly why: string }

/** The order to begin. */
export interface Attack {
  /** The URL of the hub, or of the bare server that it is compared with. */
  readonly attack: string
}

const say = (words: Said): void => void process.send?.(words)

async function carryOut(assignment: Assignment): Promise<void> {
  const flood = FLOODS.find(({ name }) => name === assignment.flood)
  if (!flood) throw new Error(`there is no flood ${assignment.flood}`)
  const mob = new Mob(assignment)
  const attack = await flood.arm(mob)
  say({ said: "armed" })
  const { attack: url } = await word(isAttack)
  mob.begin(url)
  setTimeout(() => mob.stop(), assignment.milliseconds)
  await attack()
  say({ said: "done", deeds: mob.deeds })
  // The hub is measured while they are still there.
  await word((message): message is "leave" => message === "leave")
  mob.leave()
}

const isAttack = (message: unknown): message is Attack =>
  typeof message === "object" && message !== null && "attack" in message

const word = <Word>(expected: (message: unknown) => message is Word): Promise<Word> =>
  new Promise((resolve) => {
    const hear = (message: unknown): void => {
      if (!expected(message)) return
      process.off("message", hear)
      resolve(message)
    }
    process.on("message", hear)
  })

// They have machines of their own; here they must not take the hub's.
setPriority(constants.priority.PRIORITY_LOW)

process.once("message", (assignment: Assignment) => {
  carryOut(assignment)
    .catch((error: unknown) => say({ said: "failed", why: String(error) }))
    .finally(() => process.disconnect())
})
