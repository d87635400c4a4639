/**
 * What is sent most – a message, in an event or in an answer – written out field by field. It is the text that
 * `JSON.stringify` makes, at a third of its cost; everything else is left to it.
 */
import type { AgentEvent } from "../../protocol/agent.ts"
import type { FeedEvent } from "../../protocol/events.ts"
import type { Author, Content, Message, Source } from "../../protocol/model.ts"

/** The hub makes them, of characters that mean nothing in JSON: ids, positions, cursors. */
const plain = (name: string): string => `"${name}"`
const quoted = (text: string): string => JSON.stringify(text)

export function messageJson(message: Message): string {
  const { id, conversationId, position, receivedAt, localId, metadata, authenticated, internal } = message
  const named = localId === undefined ? "" : `,"localId":${quoted(localId)}`
  const more = metadata === undefined ? "" : `,"metadata":${JSON.stringify(metadata)}`
  return (
    `{"id":${plain(id)},"conversationId":${plain(conversationId)},"position":${plain(position)},` +
    `"receivedAt":${receivedAt}${named},"author":${authorJson(message.author)},` +
    `"content":${contentJson(message.content)}${more},"source":${sourceJson(message.source)},` +
    `"authenticated":${authenticated}${internal ? ',"internal":true' : ""}}`
  )
}

/** What agents and bots are called is the host's own. */
const authorJson = (author: Author): string =>
  author.type === "user" && author.id !== undefined && author.name === undefined
    ? `{"type":"user","id":${plain(author.id)}}`
    : JSON.stringify(author)

const contentJson = (content: Content): string =>
  content.type === "text" ? `{"type":"text","text":${quoted(content.text)}}` : JSON.stringify(content)

const sourceJson = ({ channel, deviceId }: Source): string =>
  deviceId === undefined
    ? `{"channel":"${channel}"}`
    : `{"channel":"${channel}","deviceId":${quoted(deviceId)}}`

/** Of a device. */
export function feedEventJson(event: FeedEvent): string {
  if (event.type !== "conversation:message") return JSON.stringify(event)
  const { offset, cursor, at, data } = event
  return (
    `{"offset":${offset},"cursor":${plain(cursor)},"at":${at},"type":"conversation:message",` +
    `"data":{"conversationId":${plain(data.conversationId)},"message":${messageJson(data.message)}}}`
  )
}

/** Of a console. */
export function agentEventJson(event: AgentEvent): string {
  if (event.type !== "conversation:message") return JSON.stringify(event)
  const { partition, offset, cursor, at, data } = event
  const { message, userId, conversationId, ticketId } = data
  const ticket = ticketId === undefined ? "" : `,"ticketId":${plain(ticketId)}`
  return (
    `{"partition":${partition},"offset":${offset},"cursor":${plain(cursor)},"at":${at},"type":"conversation:message",` +
    `"data":{"message":${messageJson(message)},"userId":${plain(userId)},` +
    `"conversationId":${plain(conversationId)}${ticket}}}`
  )
}

/** The answer to a send. */
export const sentJson = ({
  message,
  duplicate,
}: {
  readonly message: Message
  readonly duplicate: boolean
}) => `{"ok":true,"result":{"message":${messageJson(message)},"duplicate":${duplicate}}}`
