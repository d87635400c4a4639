/** 3.1 The first event on a socket is `ready`, whatever happens while the state for it is read. */
import { expect, onTestFinished, test } from "vitest"
import { type Clock, systemClock } from "../../src/lib/clock.ts"
import type { Store } from "../../src/store/contract.ts"
import { temporaryStore } from "../app/stage.ts"
import { AppOnNodes, startNode } from "./in-process-nodes.ts"

/** Half a minute less than a token lives. */
const NEARLY_EXPIRED_MS = 3_570_000

/** A store in which one call waits from `close` to `open`; `waits` resolves when a caller does. */
function gated(real: Store, name: "size" | "head") {
  let closed: Promise<void> | undefined
  let open = (): void => undefined
  let arrived = (): void => undefined
  const passed = async (): Promise<void> => {
    if (closed) arrived()
    await closed
  }
  const store: Store = {
    ...real,
    close: async () => undefined,
    async size(...given) {
      if (name === "size") await passed()
      return await real.size(...given)
    },
    async head(...given) {
      if (name === "head") await passed()
      return await real.head(...given)
    },
  }
  return {
    store,
    /** @returns resolves when a caller waits */
    close(): Promise<void> {
      closed = new Promise((resolve) => {
        open = resolve
      })
      return new Promise((resolve) => {
        arrived = resolve
      })
    },
    open(): void {
      open()
      closed = undefined
    },
  }
}

async function stage(name: "size" | "head", clock?: Clock) {
  const { store, close } = await temporaryStore()
  const barrier = gated(store, name)
  const app = await AppOnNodes.on(await startNode(barrier.store, undefined, 1, clock))
  onTestFinished(async () => {
    barrier.open()
    await app.close()
    await close()
  })
  return { app, barrier }
}

const names = (frames: readonly { readonly name: string }[]): string[] => frames.map(({ name }) => name)

test("a console that comes in while a user does", async () => {
  const { app, barrier } = await stage("size")
  const witness = await app.console("eve", 0)
  const waits = barrier.close()
  const opening = app.console("ada", 0)
  await waits
  await (await app.member("ann", 0)).send("hello")
  await witness.until("ann is there", () => names(witness.frames).includes("presence"))
  barrier.open()
  const ada = await opening
  await ada.until("so does the other", () => names(ada.frames).includes("presence"))
  expect(names(ada.frames)[0]).toBe("ready")
  expect(ada.breaches).toEqual([])
})

test("a person whose token is about to end meanwhile", async () => {
  let aheadMs = 0
  const timers = new Set<() => void>()
  const clock: Clock = {
    now: () => Date.now() + aheadMs,
    after(ms, run) {
      timers.add(run)
      const cancel = systemClock.after(ms, run)
      return () => {
        timers.delete(run)
        cancel()
      }
    },
  }
  const { app, barrier } = await stage("head", clock)
  const ann = await app.member("ann", 0)
  await ann.send("hello")
  const waits = barrier.close()
  const opening = app.member("ann", 0)
  await waits
  aheadMs = NEARLY_EXPIRED_MS
  for (const run of [...timers]) run()
  barrier.open()
  const phone = await opening
  await phone.until("it is told", () => names(phone.frames).includes("auth:expiring"))
  expect(names(phone.frames)[0]).toBe("ready")
  expect(phone.breaches).toEqual([])
})
