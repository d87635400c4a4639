/** The shapes of docs/protocol.md 3.4 and 5: what clients see of users, conversations, messages and tickets. */
import { z } from "zod"
import { id, localId, metadata, position, text, time } from "./scalars.ts"
import { isLink } from "./web-address.ts"

export const channel = z.enum(["web", "ios", "android"])
export type Channel = z.infer<typeof channel>

export const profile = z.strictObject({
  name: z.string().optional(),
  email: z.string().optional(),
  emailVerified: z.boolean().optional(),
  locale: z.string().optional(),
})
export type Profile = z.infer<typeof profile>

export const user = z.strictObject({
  id,
  externalId: z.string().optional(),
  authenticated: z.boolean(),
  profile,
  metadata: metadata.optional(),
})
export type User = z.infer<typeof user>

export const textContent = z.strictObject({ type: z.literal("text"), text: text(1, 4096) })

const link = {
  url: text(1, 2048).refine(isLink, {
    message: "must be an address like https://shop.example/a.png, without blanks and user names",
  }),
  name: text(1, 255).optional(),
  mediaType: text(1, 255).optional(),
  size: z.int().nonnegative().optional(),
}
export const imageContent = z.strictObject({ type: z.literal("image"), ...link })
export const fileContent = z.strictObject({ type: z.literal("file"), ...link })

const formField = z.strictObject({
  name: text(1, 128),
  label: text(1, 128),
  type: z.enum(["text", "email", "select"]),
  options: z.array(text(1, 128)).max(200).optional(),
})
export const formContent = z.strictObject({
  type: z.literal("form"),
  fields: z.array(formField).min(1).max(20),
})

export const formResponseContent = z.strictObject({
  type: z.literal("formResponse"),
  formId: id,
  fields: z
    .array(z.strictObject({ name: text(1, 128), value: text(0, 256) }))
    .min(1)
    .max(20),
})

/** What an end user may send; a `form` is for the hub, bots and agents alone. */
export const endUserContent = z.discriminatedUnion("type", [
  textContent,
  imageContent,
  fileContent,
  formResponseContent,
])
export const content = z.discriminatedUnion("type", [
  textContent,
  imageContent,
  fileContent,
  formContent,
  formResponseContent,
])
export type Content = z.infer<typeof content>

export const author = z.strictObject({
  type: z.enum(["user", "agent", "bot", "system"]),
  id: z.string().optional(),
  name: z.string().optional(),
})
export type Author = z.infer<typeof author>

export const source = z.strictObject({
  channel: z.enum(["web", "ios", "android", "agent", "api"]),
  deviceId: z.string().optional(),
})
export type MessageSource = z.infer<typeof source>

export const message = z.strictObject({
  id,
  conversationId: id,
  position,
  receivedAt: time,
  localId: localId.optional(),
  author,
  content,
  metadata: metadata.optional(),
  source,
  authenticated: z.boolean(),
  internal: z.literal(true).optional(),
})
export type Message = z.infer<typeof message>

export const conversation = z.strictObject({
  id,
  isDefault: z.boolean(),
  createdAt: time,
  updatedAt: time,
  status: z.enum(["open", "solved", "closed"]),
  unreadCount: z.int().nonnegative(),
  /** How far each side has read. */
  readTo: z.strictObject({ user: position.optional(), business: position.optional() }),
  lastMessage: message.optional(),
  messages: z.array(message).optional(),
  more: z.boolean().optional(),
  metadata: metadata.optional(),
})
export type Conversation = z.infer<typeof conversation>

export const ticketStatus = z.enum(["new", "open", "pending", "hold", "solved", "closed"])
export type TicketStatus = z.infer<typeof ticketStatus>

export const ticket = z.strictObject({
  id,
  conversationId: id,
  userId: id,
  status: ticketStatus,
  authenticated: z.boolean(),
  assigneeId: z.string().optional(),
  mergedInto: id.optional(),
  createdAt: time,
  updatedAt: time,
  lastActivityAt: time,
})
export type Ticket = z.infer<typeof ticket>
