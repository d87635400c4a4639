/**
 * What a page gives to `loginUser`: a function that returns a token or a promise of one, or that calls back with it. Or
 * the token alone, which cannot be renewed. No token means that no user is signed in on the page.
 */
import type { TokenSource } from "./chat.ts"

type Answer = string | null | undefined

export function tokenSource(given: unknown): TokenSource | undefined {
  if (typeof given === "string") return () => given
  if (typeof given !== "function") return undefined
  return () =>
    new Promise<Answer>((resolve, reject) => {
      // The boundary: a function of the page; whatever it answers, the client looks at it.
      const answer: unknown = given(resolve)
      const callsBack = given.length > 0
      // The page's function may return anything beside calling back.
      const settle = (token: unknown): void => {
        if (typeof token === "string") resolve(token)
        else if (!callsBack) resolve(undefined)
      }
      if (answer instanceof Promise) answer.then(settle, reject)
      else settle(answer)
    })
}
