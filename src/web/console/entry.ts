/**
 * How an agent signs in. A link carries its secret in the fragment, which browsers send to no server and into no log:
 * `/console#app=…&link=…`, made by the admin API, good for one exchange; or `#app=…&token=…`, a JWT of the host's own
 * back end. The fragment is taken out of the address at once.
 */
import type { ErrorCode, WireError } from "../../protocol/errors.ts"

export type WayIn =
  | { readonly kind: "link"; readonly appId: string; readonly link: string }
  | { readonly kind: "token"; readonly appId: string; readonly token: string }

/** A token, and whether the hub that made it will make the next one. */
export interface Pass {
  readonly appId: string
  readonly token: string
  readonly renewable: boolean
}

/** @param text a whole link, its fragment, or `undefined` for what is neither */
export function entryOf(text: string): WayIn | undefined {
  const at = text.indexOf("#")
  const fields = new URLSearchParams(at === -1 ? "" : text.slice(at + 1))
  const [appId, link, token] = [fields.get("app"), fields.get("link"), fields.get("token")]
  if (!appId) return undefined
  if (link) return { kind: "link", appId, link }
  return token ? { kind: "token", appId, token } : undefined
}

const KEPT = "tributary:console"

export interface PassStore {
  load(): Pass | undefined
  save(pass: Pass): void
  clear(): void
}

/** Kept by the browser until the agent signs out, so that a reload needs no new link. */
export function passStore(storage: Pick<Storage, "getItem" | "setItem" | "removeItem">): PassStore {
  const safely = <T>(run: () => T): T | undefined => {
    try {
      return run()
    } catch {
      // Storage that is full, or forbidden: the page works until it is closed.
      return undefined
    }
  }
  return {
    load() {
      const kept: unknown = safely(() => JSON.parse(storage.getItem(KEPT) ?? "null"))
      return isPass(kept) ? kept : undefined
    },
    save: (pass) => safely(() => storage.setItem(KEPT, JSON.stringify(pass))),
    clear: () => safely(() => storage.removeItem(KEPT)),
  }
}

function isPass(value: unknown): value is Pass {
  if (typeof value !== "object" || value === null) return false
  const { appId, token, renewable } = value as Record<string, unknown>
  return typeof appId === "string" && typeof token === "string" && typeof renewable === "boolean"
}

export class EntryRefused extends Error {
  readonly code: ErrorCode | "unreachable"

  constructor(code: ErrorCode | "unreachable", message: string) {
    super(message)
    this.code = code
  }
}

/**
 * A link, or a token that was made of one, for a fresh token.
 *
 * @throws EntryRefused with the hub's code, or `unreachable`
 */
export async function exchange(
  base: string,
  given:
    | { readonly appId: string; readonly link: string }
    | { readonly appId: string; readonly token: string },
): Promise<Pass> {
  const response = await fetch(`${base}/console/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(given),
    credentials: "omit",
    referrerPolicy: "no-referrer",
  }).catch(() => undefined)
  const answer: unknown = await response?.json().catch(() => undefined)
  if (!response || typeof answer !== "object" || answer === null)
    throw new EntryRefused("unreachable", "The hub cannot be reached.")
  // The boundary: the hub's answer is a token, or its error object.
  const { token, error } = answer as { token?: string; error?: WireError }
  if (token === undefined) throw new EntryRefused(error?.code ?? "unreachable", error?.message ?? "")
  return { appId: given.appId, token, renewable: true }
}
