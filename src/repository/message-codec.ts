/**
 * Messages as bytes: flat rows without the names of fields and kinds, which would be a seventh of what a short message
 * takes and most of the work of packing it.
 */

import type { MessagePayload } from "../domain/log-payloads.ts"
import type { Metadata } from "../domain/records.ts"
import type { Author, Content, MessageSource } from "../protocol/model.ts"
import { pack } from "./packing.ts"

/** The format number that begins the row of a message. */
export const MESSAGE_ROW = 4
/** Written as their index, so new ones may only be added at the end. */
const AUTHORS = ["user", "agent", "bot", "system"] as const satisfies readonly Author["type"][]
const CHANNELS = [
  "web",
  "ios",
  "android",
  "agent",
  "api",
] as const satisfies readonly MessageSource["channel"][]
const AUTHENTICATED = 1
const INTERNAL = 2

/** Compiles only if every field has a place: a new one cannot be forgotten here. */
type Whole<T> = Exclude<keyof T, Placed> extends never ? T : never
type Placed =
  | "kind"
  | "id"
  | "localId"
  | "author"
  | "content"
  | "metadata"
  | "source"
  | "authenticated"
  | "internal"

/** A text message stores its text alone; other content is stored with its fields. */
export function encodeMessage(message: Whole<MessagePayload>): Uint8Array {
  const { id, localId, author, content, metadata, source, authenticated, internal } = message
  const row: unknown[] = [
    MESSAGE_ROW,
    id,
    content.type === "text" ? content.text : content,
    (authenticated ? AUTHENTICATED : 0) | (internal ? INTERNAL : 0),
    AUTHORS.indexOf(author.type),
    author.id ?? null,
    CHANNELS.indexOf(source.channel),
    source.deviceId ?? null,
    localId ?? null,
  ]
  if (metadata !== undefined || author.name !== undefined) row.push(author.name ?? null, metadata ?? null)
  return pack(row)
}

/** @param row the unpacked array, whose first number is `MESSAGE_ROW` */
export function messageOf(row: readonly unknown[]): MessagePayload {
  // The boundary between bytes and types: only `encodeMessage` writes these bytes.
  const [, id, content, flags, type, authorId, channel, deviceId, localId, name, metadata] = row as Row
  const author = AUTHORS[type]
  const from = CHANNELS[channel]
  if (author === undefined || from === undefined) throw new Error("A stored message has an unknown format.")
  return {
    kind: "message",
    id,
    author: {
      type: author,
      ...(given(authorId) && { id: authorId }),
      ...(given(name) && { name }),
    },
    content: typeof content === "string" ? { type: "text", text: content } : content,
    source: given(deviceId) ? { channel: from, deviceId } : { channel: from },
    authenticated: (flags & AUTHENTICATED) !== 0,
    ...(given(localId) && { localId }),
    ...(given(metadata) && { metadata }),
    ...((flags & INTERNAL) !== 0 && { internal: true }),
  }
}

type Absent = null | undefined
const given = <T>(cell: T | Absent): cell is T => cell !== null && cell !== undefined

type Row = readonly [
  format: number,
  id: string,
  content: string | Content,
  flags: number,
  author: number,
  authorId: string | Absent,
  channel: number,
  deviceId: string | Absent,
  localId: string | Absent,
  name?: string | Absent,
  metadata?: Metadata | Absent,
]
