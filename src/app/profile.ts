/** What a user says about themselves. An email that is typed is never verified and never causes a merge [4.5]. */
import { changeProfile, userView } from "../domain/user.ts"
import type { Body, Result } from "../protocol/commands.ts"
import { transact } from "../repository/transact.ts"
import type { Actor } from "./actor.ts"
import type { App } from "./app.ts"

export function updateProfile(
  app: App,
  actor: Actor,
  body: Body<"profile:update">,
): Promise<Result<"profile:update">> {
  return transact(app, "profile:update", async (reads) => {
    const writer = await actor.load(reads)
    const { user, changeSet } = changeProfile(writer.versioned, writer.record, body)
    return { partition: writer.partition, changeSet, committed: () => ({ user: userView(user) }) }
  })
}
