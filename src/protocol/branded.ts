/**
 * Texts and numbers that look alike and must not be taken for one another. A plain literal passes for any of them, but
 * a user's id cannot be passed as a conversation's, nor seconds as milliseconds.
 */
declare const kind: unique symbol
type Branded<T, Kind extends string> = T & { readonly [kind]?: Kind }

export type UserId = Branded<string, "UserId">
export type ConversationId = Branded<string, "ConversationId">
export type TicketId = Branded<string, "TicketId">
/** What the host calls a person. */
export type ExternalId = Branded<string, "ExternalId">

/** Unix time. */
export type Millis = Branded<number, "Millis">
export type Seconds = Branded<number, "Seconds">
