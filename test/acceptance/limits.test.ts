/** 8: the rate limit of a user's sends. */
import { expect, it } from "vitest"
import { Refused } from "./person-device.ts"
import { range } from "./random.ts"
import { onBoth } from "./world.ts"

const content = { type: "text", text: "x" }

onBoth("rate limit", (world) => {
  it("[P1] rate_limited with retryAfterMs; obeyed, every message is stored once", async () => {
    const app = await world.app({ rateLimits: { sendsPerSecond: 10, burst: 5 } })
    const web = await app.visitor()
    await web.send("first")
    let refusals = 0
    const patient = async (n: number): Promise<void> => {
      for (;;) {
        try {
          await web.send(`${n}`, { localId: `${n}` })
          return
        } catch (refusal) {
          if (!(refusal instanceof Refused)) throw refusal
          expect(refusal.error).toMatchObject({ code: "rate_limited", retryable: true })
          refusals += 1
          const { retryAfterMs = 0 } = refusal.error
          expect(retryAfterMs).toBeGreaterThan(0)
          await new Promise((resolve) => setTimeout(resolve, retryAfterMs))
        }
      }
    }
    await Promise.all(range(20).map(patient))
    expect(refusals).toBeGreaterThan(0)
    expect((await app.texts(web.conversationId)).sort()).toEqual(["first", ...range(20).map(String)].sort())
  })

  it("8 by default a burst of 100 passes, and much more does not", async () => {
    const app = await world.app({ rateLimits: undefined })
    const web = await app.visitor()
    const tries = await Promise.allSettled(range(100).map((n) => web.send(`${n}`)))
    expect(tries.filter(({ status }) => status === "rejected")).toEqual([])
    const more = await Promise.allSettled(
      range(300).map((n) => web.ask("message:send", { localId: `m${n}`, content })),
    )
    expect(more.filter(({ status }) => status === "rejected").length).toBeGreaterThan(100)
  })

  it("8 the limit is a user's own: the neighbour is not slowed down", async () => {
    const app = await world.app({ rateLimits: { sendsPerSecond: 1, burst: 3 } })
    const noisy = await app.visitor({ deviceId: "noisy" })
    await Promise.allSettled(range(20).map((n) => noisy.ask("message:send", { localId: `${n}`, content })))
    const calm = await app.visitor({ deviceId: "calm" })
    for (const n of range(3)) await calm.send(`${n}`)
  })

  it("8 the limit is one, on however many nodes a user's sockets are", async () => {
    const app = await world.app({ rateLimits: { sendsPerSecond: 10, burst: 10 } })
    const web = await app.visitor()
    await web.send("first")
    const { sessionToken } = web
    const tabs = [web, await app.visitor({ on: 1, sessionToken })]
    const end = Date.now() + 6_000
    let sent = 0
    const insist = async (tab: (typeof tabs)[number], on: number): Promise<void> => {
      for (let n = 0; Date.now() < end; n += 1) {
        const answer = tab.ask("message:send", { localId: `${on} ${n}`, content })
        const refusal = await answer.then(() => undefined).catch((error: unknown) => error)
        if (!refusal) sent += 1
        else if (!(refusal instanceof Refused)) throw refusal
        else await new Promise((resolve) => setTimeout(resolve, refusal.error.retryAfterMs ?? 0))
      }
    }
    await Promise.all(tabs.map(insist))
    // The burst, six seconds, and the burst of the other node before it hears of the first.
    expect(sent).toBeLessThanOrEqual(10 + 60 + 10 + 10)
    expect(sent).toBeGreaterThan(30)
  })
})
