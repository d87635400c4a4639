/** Two who are about to be one: a member with a phone, and a visitor in another partition. Both have written. */
import { partitionOf } from "../../src/lib/ids.ts"
import { externalIdOn } from "../app/stage.ts"
import type { holdingForward } from "./held-forward.ts"
import type { AppOnNodes } from "./in-process-nodes.ts"

/** @param held from now on holds the end of their merge */
export async function guestElsewhere(app: AppOnNodes, held: ReturnType<typeof holdingForward>) {
  const externalId = externalIdOn(0)
  const phone = await app.member(externalId, 0)
  await phone.send("from the phone")
  const home = partitionOf(phone.view.user?.id ?? "")
  const visitors = await Promise.all(Array.from({ length: 12 }, () => app.visitor(0)))
  const guest = visitors.find(({ view }) => partitionOf(view.user?.id ?? "") !== home)
  if (!guest) throw new Error("All visitors were born where the person lives.")
  await guest.send("from the guest")
  held.watch(guest.view.user?.id ?? "", phone.view.user?.id ?? "")
  return { externalId, phone, guest }
}
