/**
 * Asks the host for tokens. A token is never kept over a reload: the host is asked again.
 */
import type { Clock } from "../lib/clock.ts"
import type { ClientError } from "./client-error.ts"
import type { Outcome } from "./client-model.ts"
import { reasonOf, within } from "./deadline.ts"
import { noToken } from "./error-makers.ts"

/**
 * Asks the host's back end for a fresh token of the user who is signed in there. Nothing (`null`, `undefined`, an
 * empty text) says that no user is.
 */
export type GetToken = () => string | null | undefined | Promise<string | null | undefined>

export interface LoginResult {
  readonly outcome: Outcome
  /** Unix milliseconds. */
  readonly expiresAt: number
}

const GET_TOKEN_DEADLINE_MS = 30_000

/** @returns the token; nothing if no user is signed in; the error `token_unavailable` if the host fails or is silent */
export async function askHost(
  getToken: GetToken | undefined,
  clock: Clock,
): Promise<string | ClientError | undefined> {
  if (!getToken) return noToken()
  try {
    const asked = async (): Promise<unknown> => getToken()
    // A host's code may return anything.
    const token = await within(GET_TOKEN_DEADLINE_MS, clock, asked())
    if (token == null || token === "") return undefined
    return typeof token === "string" ? token : noToken("getToken gave no text")
  } catch (cause) {
    return noToken(reasonOf(cause))
  }
}
