/**
 * The stage below the wire: a real store, an app over it, and people who act through the functions of `src/app`. What
 * they said is told from what the hub holds by its text, which is never used twice.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Actor, business, endUser } from "../../src/app/actor.ts"
import type { App } from "../../src/app/app.ts"
import { Apps } from "../../src/app/app-registry.ts"
import { login as decideLogin, type Login } from "../../src/app/login.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import type { Presenter, Proof } from "../../src/app/presenter.ts"
import { sendMessage } from "../../src/app/send-message.ts"
import type { Sent } from "../../src/app/sent-before.ts"
import { createConversation, readConversation } from "../../src/app/user-conversations.ts"
import { bucket } from "../../src/lib/hash.ts"
import { newId, randomHex } from "../../src/lib/ids.ts"
import { type ConversationMode, DEFAULT_SETTINGS } from "../../src/protocol/settings.ts"
import type { Store } from "../../src/store/contract.ts"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"

export const PARTITIONS = 4
export const MODES = ["single", "multi"] as const

/** A store in a directory of its own, gone when it is closed. */
export async function temporaryStore(clock = ticking()): Promise<{ store: Store; close(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "trib-app-"))
  const store = await openLmdb({ dir, clock })
  return {
    store,
    async close() {
      await store.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Never the same twice, so that what was said one after another lies so in every history. */
export function ticking(): () => number {
  let last = 0
  return () => {
    last = Math.max(last + 1, Date.now())
    return last
  }
}

/** A millisecond is over each time it is asked: what depends on how fast one thing follows another is always the same. */
export function counting(): () => number {
  let last = Date.now()
  return () => {
    last += 1
    return last
  }
}

export function newApp(store: Store, mode: ConversationMode, partitions = PARTITIONS): Promise<App> {
  return new Apps(store).create({
    id: `app_${randomHex(6)}`,
    settings: { ...DEFAULT_SETTINGS, conversationMode: mode },
    createdAt: Date.now(),
    partitions,
    keys: [],
  })
}

export const visitor = (partition: number): string => newId("usr", partition)

/** An external id that the directory keeps in this partition. */
export function externalIdOn(partition: number, name = "person", partitions = PARTITIONS): string {
  for (let k = 0; ; k += 1) {
    const candidate = `${name} ${k}`
    if (bucket(candidate, partitions) === partition) return candidate
  }
}

export interface Voice {
  /** A token proved who this is. */
  readonly proven?: boolean
  readonly device?: string
  readonly conversationId?: string
  readonly localId?: string
}

/** Proven is who proved what their record bears today; of a visitor there is nothing to prove. */
export function actorOf(app: App, userId: string, { proven = false, device = "phone" }: Voice = {}): Actor {
  const as = (externalId: string | undefined): Actor =>
    endUser(app, { userId, externalId, deviceId: device, channel: "web" }, Date.now())
  if (!proven) return as(undefined)
  return {
    ...as(undefined),
    authenticated: true,
    async load(reads, conversationId) {
      const person = await resolveUser(app, userId, reads)
      return as(person?.record.externalId).load(reads, conversationId)
    },
  }
}

export function say(app: App, userId: string, text: string, voice: Voice = {}): Promise<Sent> {
  const { conversationId, localId = text } = voice
  const order = { localId, conversationId, content: { type: "text", text } } as const
  return sendMessage(app, actorOf(app, userId, voice), order, Date.now())
}

/** An agent or bot answers. */
export async function answer(app: App, conversationId: string, text: string): Promise<Sent> {
  const author = { type: "agent", id: "agent" } as const
  const actor = business(app, conversationId, author, { channel: "api" })
  const order = { localId: text, conversationId, content: { type: "text", text } } as const
  return sendMessage(app, actor, order, Date.now())
}

export async function open(app: App, userId: string, voice: Voice = {}): Promise<string> {
  const { conversation } = await createConversation(app, actorOf(app, userId, voice), {}, Date.now())
  return conversation.id
}

export function read(app: App, userId: string, conversationId: string, position: string, voice: Voice = {}) {
  return readConversation(app, actorOf(app, userId, voice), { conversationId, position })
}

export function proofOf(externalId: string, more: Partial<Proof["claims"]> = {}): Proof {
  return {
    claims: { externalId, emailVerified: false, ...more },
    issuedAt: Math.floor(Date.now() / 1000),
    reason: "sdkLogin",
  }
}

export const anonymous = (userId: string): Presenter => ({ kind: "anonymous", userId })
export const UNKNOWN: Presenter = { kind: "nobody" }

/** A login as it is answered: when the visitor is forwarded, too. */
export async function login(app: App, presenter: Presenter, proof: Proof, now: number): Promise<Login> {
  const done = await decideLogin(app, presenter, proof, now)
  await done.forwarded
  return done
}

export function signIn(app: App, presenter: Presenter, externalId: string): Promise<Login> {
  return login(app, presenter, proofOf(externalId), Date.now())
}

/** A person who was born as a visitor of this partition and has signed in. */
export async function person(app: App, partition: number, externalId: string): Promise<string> {
  const userId = visitor(partition)
  await signIn(app, anonymous(userId), externalId)
  return userId
}
