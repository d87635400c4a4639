/** Timers that are cancelled together. */
export interface TimerSet {
  after(ms: number, run: () => void): void
  stop(): void
}

export function timerSet(): TimerSet {
  const timers = new Set<ReturnType<typeof setTimeout>>()
  return {
    after(ms, run) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        run()
      }, ms)
      timers.add(timer)
    },
    stop() {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}
