/**
 * The shapes of docs/protocol.md 3.4 as a host of the client sees them. Written out, so that the package's types need
 * nothing but themselves; a test compares them with the schemas of the protocol.
 */
type Flat = Record<string, string | number | boolean>

export type Channel = "web" | "ios" | "android"

export interface User {
  id: string
  externalId?: string | undefined
  authenticated: boolean
  profile: {
    name?: string | undefined
    email?: string | undefined
    emailVerified?: boolean | undefined
    locale?: string | undefined
  }
  metadata?: Flat | undefined
}

export interface Linked {
  url: string
  name?: string | undefined
  mediaType?: string | undefined
  size?: number | undefined
}

export interface FormField {
  name: string
  label: string
  type: "text" | "email" | "select"
  options?: string[] | undefined
}

/** What an end user may send. */
export type OwnContent =
  | { type: "text"; text: string }
  | ({ type: "image" } & Linked)
  | ({ type: "file" } & Linked)
  | { type: "formResponse"; formId: string; fields: { name: string; value: string }[] }

export type Content = OwnContent | { type: "form"; fields: FormField[] }

export interface Author {
  type: "user" | "agent" | "bot" | "system"
  id?: string | undefined
  name?: string | undefined
}

export interface Message {
  id: string
  /** Always the surviving conversation. */
  conversationId: string
  /** Comparing positions as strings gives the order of the messages of a conversation. */
  position: string
  /** Unix milliseconds, on the hub's clock. */
  receivedAt: number
  localId?: string | undefined
  author: Author
  content: Content
  metadata?: Flat | undefined
  source: { channel: Channel | "agent" | "api"; deviceId?: string | undefined }
  /** The end user wrote it on a socket that was signed in at that moment. */
  authenticated: boolean
  internal?: true | undefined
}

/** How far each side has read: positions. */
export interface ReadTo {
  user?: string | undefined
  business?: string | undefined
}

export interface Conversation {
  id: string
  isDefault: boolean
  createdAt: number
  updatedAt: number
  status: "open" | "solved" | "closed"
  unreadCount: number
  readTo?: ReadTo | undefined
  lastMessage?: Message | undefined
  messages?: Message[] | undefined
  more?: boolean | undefined
  metadata?: Flat | undefined
}

export type Outcome = "upgraded" | "merged" | "signed_in" | "switched" | "refreshed"

export interface HubSettings {
  conversationMode: "single" | "multi"
  limits: {
    bodyBytes: number
    frameBytes: number
    textCharacters: number
    metadataBytes: number
    conversationMessages: number
    sendsPerSecond: number
    sendBurst: number
  }
}

export interface Profile {
  name?: string | undefined
  email?: string | undefined
  locale?: string | undefined
  metadata?: Flat | undefined
}

/** Two conversations became one: the discarded id is an alias of the surviving one for ever. */
export interface FoldedPair {
  surviving: string
  discarded: string
}

/** Every code of the hub (docs/protocol.md 4.7). */
export type HubCode =
  | "bad_request"
  | "not_found"
  | "forbidden"
  | "conflict"
  | "rate_limited"
  | "payload_too_large"
  | "unavailable"
  | "internal"
  | "app_not_found"
  | "version_not_supported"
  | "origin_not_allowed"
  | "channel_not_supported"
  | "agent_workspace_required"
  | "session_invalid"
  | "session_consumed"
  | "token_malformed"
  | "token_expired"
  | "token_not_yet_valid"
  | "token_revoked"
  | "kid_missing"
  | "kid_unknown"
  | "expiry_missing"
  | "alg_not_allowed"
  | "signature_invalid"
  | "scope_invalid"
  | "external_id_missing"
  | "external_id_invalid"
  | "email_conflict"
  | "conversation_locked"
