/**
 * The attackers' own process, so that what they cost themselves is not taken for what they cost the hub. It is given
 * one order, says when it is armed, attacks when told to, and reports.
 */
import { constants, setPriority } from "node:os"
import { FLOODS } from "./floods/all.ts"
import { type Deeds, Mob, type Order } from "./mob.ts"

export type Said =
  | { readonly said: "armed" }
  | { readonly said: "done"; readonly deeds: Deeds }
  | { readonly said: "failed"; readonly why: string }

const say = (words: Said): void => void process.send?.(words)

async function obey(order: Order): Promise<void> {
  const flood = FLOODS.find(({ name }) => name === order.flood)
  if (!flood) throw new Error(`there is no flood ${order.flood}`)
  const mob = new Mob(order)
  const attack = await flood.arm(mob)
  say({ said: "armed" })
  await told("attack")
  mob.begin()
  setTimeout(() => mob.stop(), order.milliseconds)
  await attack()
  say({ said: "done", deeds: mob.deeds })
  // The hub is measured while they are still there.
  await told("leave")
  mob.leave()
}

const told = (word: string): Promise<void> =>
  new Promise((resolve) => {
    const hear = (message: unknown): void => {
      if (message !== word) return
      process.off("message", hear)
      resolve()
    }
    process.on("message", hear)
  })

// They have machines of their own; here they must not take the hub's.
setPriority(constants.priority.PRIORITY_LOW)

process.once("message", (order: Order) => {
  obey(order)
    .catch((error: unknown) => say({ said: "failed", why: String(error) }))
    .finally(() => process.disconnect())
})
