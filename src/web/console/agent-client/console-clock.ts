/** The timer of a console: ends expired signals, notices that the computer slept, repeats this agent's own signals. */
import type { StateLoop } from "./state-loop.ts"
import { VIEWING_AGAIN_MS } from "./viewing-state.ts"

const TICK_MS = 2_000

/** @returns a function that stops the timer */
export function startClock(loop: StateLoop): () => void {
  let ticked = Date.now()
  let announced = Date.now()
  const clock = setInterval(() => {
    const now = Date.now()
    const asleepMs = now - ticked - TICK_MS
    ticked = now
    loop.happen({ type: "tick", asleepMs })
    if (now - announced < VIEWING_AGAIN_MS || loop.state.opened === undefined) return
    announced = now
    if (typeof document === "undefined" || document.visibilityState === "visible")
      loop.happen({ type: "visible", visible: true })
  }, TICK_MS)
  return () => clearInterval(clock)
}
