import type { FinalView, Send } from "../day-history.ts"
import type { Court } from "./court.ts"

/**
 * [P2] At rest every device shows what a fresh one is told: what was lost has been told, what is there is shown. What a
 * console knows of tickets is so.
 */
export function viewsTrue({ history, byText, complain }: Court): number {
  let untold = 0
  for (const view of history.views) {
    const said = falsehood(view, byText)
    if (said === undefined) continue
    untold += 1
    complain(`[P2] untold: ${view.device} ${said}`)
  }
  for (const { desk, differs } of history.deskViews) {
    if (differs.length === 0) continue
    untold += 1
    complain(`[P2] untold: ${desk} knows ${differs.length} tickets otherwise than they are: ${differs[0]}`)
  }
  return untold
}

function falsehood(
  { shows, fetched, differs }: FinalView,
  byText: ReadonlyMap<string, Send>,
): string | undefined {
  const [shown, there] = [new Set(shows), new Set(fetched)]
  const gone = shows.find((text) => !there.has(text))
  if (gone !== undefined) return `shows ${gone}, which is ${byText.get(gone)?.acked ? "lost" : "not stored"}`
  const missing = fetched.find((text) => !shown.has(text))
  if (missing !== undefined) return `does not show ${missing}`
  if (shows.length !== shown.size) return "shows a message twice"
  const at = shows.findIndex((text, index) => text !== fetched[index])
  if (at >= 0) return `shows ${shows[at]} where ${fetched[at]} should be`
  return differs === undefined ? undefined : `differs in ${differs}`
}
