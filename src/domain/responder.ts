/** The default responder (docs/protocol.md 7): it asks visitors for name and email, once, and never a signed-in user. */
import { HubError } from "../protocol/errors.ts"
import type { Content, Profile } from "../protocol/model.ts"
import { email as emailSchema } from "../protocol/scalars.ts"
import type { AppSettings } from "../protocol/settings.ts"
import type { UserRecord } from "./records.ts"
import { isAuthenticated } from "./user.ts"

const LABELS = { name: "Your name", email: "Your email address" } as const

/** The form that a conversation begins with, where something is missing. */
export function formFor(settings: AppSettings["defaultResponder"], user: UserRecord): Content | undefined {
  if (!settings.enabled || isAuthenticated(user)) return undefined
  const missing = settings.askFor.filter((name) => user.profile[name] === undefined)
  if (missing.length === 0) return undefined
  return {
    type: "form",
    fields: missing.map((name) => ({ name, label: LABELS[name], type: name === "email" ? "email" : "text" })),
  }
}

/**
 * The profile after an answer. What is typed is unverified and replaces no claim of a token: of a user who signed in
 * meanwhile it fills holes.
 *
 * @returns `undefined` for an answer to nothing that was asked: a blank one, or one to another form
 * @throws HubError `bad_request` for an email that is none
 */
export function profileFromForm(
  { profile, externalId }: Pick<UserRecord, "profile" | "externalId">,
  fields: readonly { readonly name: string; readonly value: string }[],
): Profile | undefined {
  const given = new Map(fields.map(({ name, value }) => [name, value.trim()]))
  const name = written(given.get("name"))
  const email = written(given.get("email"))
  if (name === undefined && email === undefined) return undefined
  if (email !== undefined && !emailSchema.safeParse(email).success)
    throw new HubError("bad_request", "content.fields: email must be an email address.")
  const typed = {
    ...(name !== undefined && { name }),
    ...(email !== undefined && !profile.emailVerified && { email, emailVerified: false }),
  }
  return externalId === undefined ? { ...profile, ...typed } : { ...typed, ...profile }
}

/** The text, unless it has only blanks and invisible characters: that is no answer. */
const written = (value: string | undefined): string | undefined =>
  value !== undefined && /[^\p{Z}\p{C}\s]/u.test(value) ? value : undefined
