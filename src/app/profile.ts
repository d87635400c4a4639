/** What a user says about themselves. An email that is typed is never verified and never causes a merge [4.5]. */
import { changeProfile, userView } from "../domain/user.ts"
import type { Millis } from "../protocol/branded.ts"
import type { Body, Result } from "../protocol/commands.ts"
import { transact } from "../repository/transact.ts"
import type { Actor } from "./actor.ts"
import type { App } from "./app.ts"
import { tellProfileLater } from "./profile-news.ts"

export function updateProfile(
  app: App,
  actor: Actor,
  body: Body<"profile:update">,
  now: Millis,
): Promise<Result<"profile:update">> {
  return transact(app, "profile:update", async (reads) => {
    const writer = await actor.load(reads)
    const { user, changeSet } = changeProfile(writer.versioned, writer.record, body, now)
    return {
      partition: writer.partition,
      changeSet,
      committed() {
        if (user.profileUntold && !writer.record.profileUntold)
          tellProfileLater(app, writer.partition, writer.id)
        return { user: userView(user) }
      },
    }
  })
}
