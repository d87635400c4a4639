/** How a command of the page is answered: by its callback, with the failure or with null. */
type Failure = { readonly code: string; readonly message: string }
export type Done = (failure: Failure | null) => void

/** A callback of the page. What it throws is reported as the page's own error, and stops nothing here. */
export function callback(given: unknown): Done {
  if (typeof given !== "function") return () => undefined
  return (failure) => {
    try {
      given(failure)
    } catch (error) {
      reportError(error)
    }
  }
}

export const failureOf = (error: unknown): Failure => ({
  code: error instanceof Error && "code" in error ? String(error.code) : "internal",
  message: error instanceof Error ? error.message : String(error),
})
