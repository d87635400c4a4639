/** Asks a node whether it lives, again and again, and remembers the longest wait. */
import { sleep } from "../bench/workers.ts"
import type { Endpoint } from "../wire/connection.ts"

const EVERY_SECONDS = 0.1
const DEADLINE_MS = 30_000

export interface Watch {
  /** Ends the watch. In milliseconds. */
  worst(): Promise<number>
}

export function watchHealth({ host, port }: Endpoint): Watch {
  let over = false
  let worst = 0
  const watching = (async () => {
    while (!over) {
      const at = performance.now()
      const signal = AbortSignal.timeout(DEADLINE_MS)
      await fetch(`http://${host}:${port}/health/live`, { signal }).catch(() => undefined)
      worst = Math.max(worst, performance.now() - at)
      await sleep(EVERY_SECONDS)
    }
  })()
  return {
    async worst() {
      over = true
      await watching
      return worst
    },
  }
}
