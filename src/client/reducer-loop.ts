/**
 * What happens is decided one after the other: what happens meanwhile waits for its turn. The host's listeners are
 * called when all is done, so that they may call the client.
 */
export interface ReducerLoop<Happening> {
  dispatch(happening: Happening): void
  /** Calls the host, now or when the present input is done. */
  tell(act: () => void): void
}

/** @param decide decides, and performs what follows */
export function reducerLoop<Happening extends object>(
  decide: (happening: Happening) => void,
): ReducerLoop<Happening> {
  const waiting: Happening[] = []
  const tells: (() => void)[] = []
  let running = false

  const run = (): void => {
    if (running) return
    running = true
    try {
      empty(waiting, decide)
    } finally {
      running = false
    }
    empty(tells, (tell) => tell())
  }

  return {
    dispatch(happening) {
      waiting.push(happening)
      run()
    },
    tell(act) {
      tells.push(act)
      run()
    },
  }
}

/** What is added meanwhile is used as well. */
function empty<T extends object>(queue: T[], use: (one: T) => void): void {
  for (let one = queue.shift(); one; one = queue.shift()) use(one)
}
