/** What a test process started ends with it, however it ends: the runner stops its workers by a signal. */

const endings = new Set<() => void>()

function endAll(): void {
  for (const end of endings) end()
  endings.clear()
}

process.once("exit", endAll)
process.once("SIGTERM", () => {
  endAll()
  // Once more, and now nobody listens.
  process.kill(process.pid, "SIGTERM")
})

/**
 * @param end done before the process is gone, at once: it cannot wait for anything
 * @returns takes it back
 */
export function endWithProcess(end: () => void): () => void {
  endings.add(end)
  return () => void endings.delete(end)
}
