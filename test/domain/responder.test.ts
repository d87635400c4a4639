/** The default responder (docs/protocol.md 7): whom it asks for what, and what an answer does to the profile. */
import { expect, test } from "vitest"
import { formFor, profileFromForm } from "../../src/domain/responder.ts"
import { blankUser } from "../../src/domain/user.ts"

const settings = { enabled: true, askFor: ["name", "email"] as ("name" | "email")[] }
const guest = blankUser("usr_a", 0)
const asked = (form: ReturnType<typeof formFor>) =>
  form?.type === "form" ? form.fields.map(({ name }) => name) : []

test.each([
  { knows: {}, asks: ["name", "email"] },
  { knows: { name: "Ada" }, asks: ["email"] },
  { knows: { email: "a@x" }, asks: ["name"] },
  { knows: { name: "Ada", email: "a@x" }, asks: [] },
])("given $knows it asks for $asks", ({ knows, asks }) => {
  expect(asked(formFor(settings, { ...guest, profile: knows }))).toEqual(asks)
})

test("it asks for what the app wants, in that order, and an email as an email", () => {
  const form = formFor({ enabled: true, askFor: ["email", "name"] }, guest)
  expect(form).toMatchObject({
    type: "form",
    fields: [
      { name: "email", type: "email" },
      { name: "name", type: "text" },
    ],
  })
})

test("it is silent where it is off, and never asks a signed-in person", () => {
  expect(formFor({ ...settings, enabled: false }, guest)).toBeUndefined()
  expect(formFor(settings, { ...guest, externalId: "ada" })).toBeUndefined()
})

const said = (fields: Record<string, string>) =>
  Object.entries(fields).map(([name, value]) => ({ name, value }))

test("an answer fills the profile, trimmed and unverified; what is empty or was not asked says nothing", () => {
  const fields = said({ name: " Ada ", email: "a@x ", shoe: "42" })
  expect(profileFromForm({ profile: { locale: "de" } }, fields)).toEqual({
    locale: "de",
    name: "Ada",
    email: "a@x",
    emailVerified: false,
  })
  expect(profileFromForm({ profile: { name: "Ada" } }, said({ name: "  ", email: "" }))).toBeUndefined()
})

test("[4.5] what is typed never replaces a verified email", () => {
  const proven = { email: "ada@x", emailVerified: true }
  expect(profileFromForm({ profile: proven }, said({ email: "mallory@x" }))).toEqual(proven)
})

test("[7] for a user who signed in meanwhile an answer fills empty fields and replaces none", () => {
  const signedIn = { externalId: "ada", profile: { name: "Ada" } }
  expect(profileFromForm(signedIn, said({ name: "Mallory", email: "a@x" }))).toEqual({
    name: "Ada",
    email: "a@x",
    emailVerified: false,
  })
})

test.each(["ada", "a b@x", "@", "a@", `${"a".repeat(130)}@x`])("%s is no email", (email) => {
  expect(() => profileFromForm({ profile: {} }, said({ email }))).toThrow(
    expect.objectContaining({ code: "bad_request" }),
  )
})
