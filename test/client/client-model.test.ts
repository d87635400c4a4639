/** The shapes that the client's package writes out are those of the wire: where they differ, this does not compile. */
import { expect, it } from "vitest"
import type * as model from "../../src/client/client-model.ts"
import type { Body } from "../../src/protocol/commands.ts"
import type { ErrorCode } from "../../src/protocol/errors.ts"
import type { FoldedPair } from "../../src/protocol/events.ts"
import type { Outcome, State } from "../../src/protocol/handshake.ts"
import type { Author, Channel, Content, Conversation, Message, User } from "../../src/protocol/model.ts"

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

/** Where a side has a field that the other lacks, its keys tell. */
type SameKeys<A, B> = Same<keyof A, keyof B>

const SAME: {
  readonly user: Same<model.User, User> & SameKeys<model.User, User>
  readonly message: Same<model.Message, Message> & SameKeys<model.Message, Message>
  readonly content: Same<model.Content, Content>
  readonly ownContent: Same<model.OwnContent, Body<"message:send">["content"]>
  readonly author: Same<model.Author, Author> & SameKeys<model.Author, Author>
  readonly channel: Same<model.Channel, Channel>
  readonly conversation: SameKeys<model.Conversation, Conversation>
  readonly readTo: Same<model.ReadTo, Conversation["readTo"]> & SameKeys<model.ReadTo, Conversation["readTo"]>
  readonly outcome: Same<model.Outcome, Outcome>
  readonly settings: Same<model.HubSettings, State["settings"]>
  readonly profile: Same<model.Profile, Body<"profile:update">>
  readonly pair: Same<model.FoldedPair, FoldedPair>
  readonly code: Same<model.HubCode, ErrorCode>
} = {
  user: true,
  message: true,
  content: true,
  ownContent: true,
  author: true,
  channel: true,
  conversation: true,
  readTo: true,
  outcome: true,
  settings: true,
  profile: true,
  pair: true,
  code: true,
}

it("each shape of the package is the wire's", () => {
  expect(Object.values(SAME).every(Boolean)).toBe(true)
})
