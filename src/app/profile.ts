/** What a user says about himself. An email that is typed is never verified and never merges anybody [4.5]. */

import type { UserRecord } from "../domain/records.ts"
import { userUpdateEvents, userView } from "../domain/user.ts"
import type { Body, Result } from "../protocol/commands.ts"
import { HubError } from "../protocol/errors.ts"
import { byteLength, METADATA_BYTES } from "../protocol/scalars.ts"
import type { Actor } from "./actor.ts"

export async function updateProfile(
  actor: Actor,
  body: Body<"profile:update">,
): Promise<Result<"profile:update">> {
  for (;;) {
    const writer = await actor.load()
    const after = updated(writer.record, body)
    const done = await writer.partition.commit({
      expect: [writer.versioned],
      put: [{ kind: "user", id: writer.id, value: after }],
      append: userUpdateEvents(after, "profile"),
    })
    if (done.kind === "committed") return { user: userView(after) }
  }
}

function updated(user: UserRecord, { name, email, locale, metadata }: Body<"profile:update">): UserRecord {
  const { profile } = user
  if (email !== undefined && profile.emailVerified && email.toLowerCase() !== profile.email?.toLowerCase())
    throw new HubError("conflict", "A verified email is not replaced by a typed one.")
  const merged = metadata && { ...user.metadata, ...metadata }
  if (merged && byteLength(JSON.stringify(merged)) > METADATA_BYTES)
    throw new HubError("bad_request", `metadata: must not exceed ${METADATA_BYTES} bytes.`)
  return {
    ...user,
    profile: {
      ...profile,
      ...(name !== undefined && { name }),
      ...(email !== undefined && !profile.emailVerified && { email, emailVerified: false }),
      ...(locale !== undefined && { locale }),
    },
    ...(merged && { metadata: merged }),
  }
}
