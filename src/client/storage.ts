/**
 * What a device keeps over a reload: its id, the anonymous session's token, and the drafts. Nothing of the
 * history: a cursor is worth something only together with the view it belongs to, so both live in memory.
 */
import type { Draft } from "./outbox.ts"

/** `localStorage`, React Native's `AsyncStorage`, a key chain … `get` answers null or undefined for what is absent. */
export interface Storage {
  get(key: string): Later<string | null | undefined>
  set(key: string, value: string): Later<unknown>
  remove(key: string): Later<unknown>
}

export type Later<T> = T | Promise<T>

export interface Vault {
  /** Settles when what was stored before is known; nothing is sent earlier. */
  load(): Promise<{ deviceId?: string; sessionToken?: string; drafts: Draft[] }>
  setDevice(deviceId: string): void
  /** `undefined`: the session is over. */
  setSession(token: string | undefined): void
  /** Changes the stored drafts in one step: other tabs of the browser write there too. */
  change(change: (stored: readonly Draft[]) => readonly Draft[]): void
  /** Not a byte of the person stays. The device's id is not his. */
  forget(): void
}

export function memoryStorage(): Storage {
  const values = new Map<string, string>()
  return {
    get: (key) => values.get(key),
    set: (key, value) => values.set(key, value),
    remove: (key) => values.delete(key),
  }
}

/** `localStorage` where there is one that may be used (a browser can forbid it), else memory. */
export function defaultStorage(): Storage {
  try {
    const local = globalThis.document && globalThis.localStorage
    if (local) {
      return {
        get: (key) => local.getItem(key),
        set: (key, value) => local.setItem(key, value),
        remove: (key) => local.removeItem(key),
      }
    }
  } catch {
    // Forbidden: the visitor lasts as long as the page.
  }
  return memoryStorage()
}

/**
 * Operations run one after the other. While the storage answers at once they run at once, so that what was typed
 * is stored before `send` returns, and reading and writing the drafts is one step between tabs.
 */
export function openVault(storage: Storage, prefix: string, onError: (error: unknown) => void): Vault {
  const DEVICE = `${prefix}:device`
  const SESSION = `${prefix}:session`
  const OUTBOX = `${prefix}:outbox`
  let tail: Promise<unknown> | undefined

  const run = (step: () => Later<unknown>): void => {
    try {
      const done = tail ? tail.then(step) : step()
      if (!(done instanceof Promise)) return
      const settled = done.catch(onError).finally(() => {
        if (tail === settled) tail = undefined
      })
      tail = settled
    } catch (error) {
      onError(error)
    }
  }
  const put = (key: string, value: string | undefined): void =>
    run(() => (value === undefined ? storage.remove(key) : storage.set(key, value)))

  return {
    async load() {
      await tail
      const [deviceId, sessionToken, drafts] = await Promise.all(
        [DEVICE, SESSION, OUTBOX].map(async (key) => await storage.get(key)),
      )
      return {
        ...(deviceId && { deviceId }),
        ...(sessionToken && { sessionToken }),
        drafts: decodeDrafts(drafts),
      }
    },
    setDevice: (deviceId) => put(DEVICE, deviceId),
    setSession: (token) => put(SESSION, token),
    change(change) {
      const write = (text: string | null | undefined): Later<unknown> => {
        const stored = decodeDrafts(text)
        const changed = change(stored)
        if (changed.length > 0) return storage.set(OUTBOX, JSON.stringify(changed))
        return text ? storage.remove(OUTBOX) : undefined
      }
      run(() => {
        const text = storage.get(OUTBOX)
        return text instanceof Promise ? text.then(write) : write(text)
      })
    },
    forget() {
      put(SESSION, undefined)
      put(OUTBOX, undefined)
    },
  }
}

/** What is no list of drafts was not written by this version: it is dropped. */
function decodeDrafts(text: string | null | undefined): Draft[] {
  if (!text) return []
  try {
    const stored: unknown = JSON.parse(text)
    return Array.isArray(stored) ? stored.filter(isDraft) : []
  } catch {
    return []
  }
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== "object" || value === null || !("body" in value) || !("typedAt" in value)) return false
  const { body, typedAt } = value
  if (typeof body !== "object" || body === null || typeof typedAt !== "number") return false
  return "localId" in body && typeof body.localId === "string" && "content" in body
}
