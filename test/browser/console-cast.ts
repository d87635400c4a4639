/** Who an agent meets in the tests of the console: colleagues, people who are known, and strangers. */

import type { Stage } from "./browser-stage.ts"
import { Person } from "./console-page.ts"
import { agentToken, type TestApp, userToken } from "./started-hub.ts"

export const MULTI = { conversationMode: "multi", rateLimits: { sendsPerSecond: 10_000, burst: 10_000 } }

export const colleague = async (here: Stage, app: TestApp, id: string, name: string): Promise<Person> =>
  Person.come(here.hub.url, "/agent", { appId: app.id, token: await agentToken(app, id, name) })

/** A user who is signed in on their phone, and has written. */
export async function member(
  here: Stage,
  app: TestApp,
  externalId: string,
  name: string,
  words: string,
): Promise<Person> {
  const person = await Person.visitor(here, app, {
    jwt: await userToken(app, externalId, name),
    channel: "ios",
  })
  await person.say(words)
  return person
}

export async function visitor(here: Stage, app: TestApp, name: string, words: string): Promise<Person> {
  const person = await Person.visitor(here, app)
  await person.name(name)
  await person.say(words)
  return person
}
