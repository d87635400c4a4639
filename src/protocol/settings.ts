/** The settings of an app, their defaults, and how they change (docs/protocol.md 4.5, 4.6, 7, 8). */
import { z } from "zod"
import { HubError } from "./errors.ts"

export const appId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, { message: "must be an app id: 1 to 64 of [A-Za-z0-9_-]" })

/** The name of a signing key, as a token's header carries it. */
export const kid = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, { message: "must be a kid: 1 to 64 of [A-Za-z0-9_-]" })

/** Stands for all pages from files in `allowedOrigins`. They have no origin: browsers send `null`, web views `file://`. */
export const FILE_ORIGIN = "file://"

/** An origin exactly as a browser sends it, because it is compared byte for byte. Mobile apps send schemes of their own. */
const isOrigin = (value: string): boolean => {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.:[\]_-]+$/.test(value)) return false
  return !/^https?:/.test(value) || (URL.canParse(value) && new URL(value).origin === value)
}
const origin = z.string().max(255).refine(isOrigin, {
  message: "must be an origin as a browser sends it, like https://shop.example, without a path",
})
const origins = z.array(origin).max(100)
/**
 * Not for `helpCenter.origins`: any file on any computer has the origin of files, and a help centre's page sends a
 * cookie.
 */
const originsAndFiles = z.array(z.union([z.literal(FILE_ORIGIN), origin])).max(100)

const conversationMode = z.enum(["single", "multi"])
export type ConversationMode = z.infer<typeof conversationMode>

const emailConflict = z.enum(["refuse", "ignore"])

const defaultResponder = z.strictObject({
  enabled: z.boolean(),
  askFor: z.array(z.enum(["name", "email"])).max(2),
})

const helpCenter = z.strictObject({
  enabled: z.boolean(),
  /** Name of the help centre's cookie. */
  cookie: z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,128}$/, { message: "must be the name of a cookie" }),
  origins,
  /** The key whose secret signs the cookie. */
  key: kid,
})
/** Until the help centre is set up it has neither cookie nor key. */
const helpCenterSoFar = helpCenter.partial({ cookie: true, key: true })

const rate = z.number().min(0.01).max(10_000_000)

/** A limit that is absent has its default, multiplied by `sendsPerSecond` / its default where that is more than 1. */
const rateLimits = z.strictObject({
  /** Of one user, over all their sockets. */
  sendsPerSecond: z.number().min(0.01).max(1_000_000),
  burst: z.int().min(1).max(1_000_000),
  writesPerSecond: rate.optional(),
  readsPerSecond: rate.optional(),
  loginsPerSecond: rate.optional(),
  typingPerSecond: rate.optional(),
  /** Of all users of the app together. */
  appSendsPerSecond: rate.optional(),
  appWritesPerSecond: rate.optional(),
  /** Open sockets of one user at the same time. */
  sockets: z.int().min(1).max(100_000).optional(),
  /** Conversations of one anonymous visitor. */
  conversations: z.int().min(1).max(1_000_000).optional(),
})

export const appSettings = z.strictObject({
  conversationMode,
  agentWorkspace: z.boolean(),
  /** Whether a handshake without a proof makes a visitor. */
  anonymous: z.enum(["allow", "refuse"]),
  /** Empty: every origin may connect. */
  allowedOrigins: originsAndFiles,
  emailConflict,
  defaultResponder,
  helpCenter: helpCenterSoFar,
  rateLimits,
})
export type AppSettings = z.infer<typeof appSettings>

/** What POST and PATCH accept: any of the settings; of the grouped ones, any of their fields. */
export const settingsPatch = z.strictObject({
  conversationMode: conversationMode.optional(),
  agentWorkspace: z.boolean().optional(),
  anonymous: z.enum(["allow", "refuse"]).optional(),
  allowedOrigins: originsAndFiles.optional(),
  emailConflict: emailConflict.optional(),
  defaultResponder: defaultResponder.partial().optional(),
  helpCenter: helpCenter.partial().optional(),
  rateLimits: rateLimits.partial().optional(),
})
export type SettingsPatch = z.infer<typeof settingsPatch>

export const DEFAULT_SETTINGS: AppSettings = {
  conversationMode: "single",
  agentWorkspace: true,
  anonymous: "allow",
  allowedOrigins: [],
  emailConflict: "refuse",
  defaultResponder: { enabled: false, askFor: ["name", "email"] },
  helpCenter: { enabled: false, origins: [] },
  rateLimits: { sendsPerSecond: 20, burst: 100 },
}

/**
 * The settings after a change that names only what shall differ; for a new app `current` is `DEFAULT_SETTINGS`.
 *
 * @throws HubError `bad_request` if the settings would contradict each other
 */
export function changedSettings(current: AppSettings, patch: SettingsPatch): AppSettings {
  const changed = appSettings.parse({
    ...current,
    ...named(patch),
    defaultResponder: { ...current.defaultResponder, ...named(patch.defaultResponder) },
    helpCenter: { ...current.helpCenter, ...named(patch.helpCenter) },
    rateLimits: { ...current.rateLimits, ...named(patch.rateLimits) },
  })
  const { enabled, cookie, key } = changed.helpCenter
  if (enabled && (cookie === undefined || key === undefined)) {
    throw new HubError("bad_request", "settings.helpCenter: an enabled help centre needs cookie and key.")
  }
  return changed
}

/** The fields that are there: an absent one must not overwrite. */
const named = (fields: object = {}): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
