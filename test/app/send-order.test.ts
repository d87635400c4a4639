/** The sends of one socket overlap, and are stored in the order in which they were sent all the same. */
import { expect, test } from "vitest"
import type { App } from "../../src/app/app.ts"
import { Apps } from "../../src/app/app-registry.ts"
import { updateProfile } from "../../src/app/profile.ts"
import { type HandedOver, sendMessage } from "../../src/app/send-message.ts"
import { SerialQueue } from "../../src/lib/serial-queue.ts"
import { UNOBSERVED } from "../../src/repository/transact.ts"
import type { Store } from "../../src/store/contract.ts"
import { range, seeded } from "../acceptance/random.ts"
import { jittered, turns } from "./chance.ts"
import { historyOf, textOf } from "./checks.ts"
import { fileStore } from "./file-store.ts"
import { actorOf, MODES, newApp, say, visitor } from "./stage.ts"

const opened = fileStore()

/** How many commits are under way at once, at most. */
function widest(store: Store): { readonly store: Store; readonly most: () => number } {
  let [now, most] = [0, 0]
  const commit: Store["commit"] = async (...asked) => {
    now += 1
    most = Math.max(most, now)
    return store.commit(...asked).finally(() => {
      now -= 1
    })
  }
  return { store: { ...store, commit }, most: () => most }
}

/** All at once, by one socket. */
function sendAll(app: App, userId: string, texts: readonly string[], ids: (string | undefined)[] = []) {
  const queue = new SerialQueue<HandedOver>()
  return texts.map((text, k) => {
    const command = { localId: text, conversationId: ids[k], content: { type: "text", text } } as const
    return queue.overlap((turn) => sendMessage(app, actorOf(app, userId), command, Date.now(), turn))
  })
}

test.each(MODES)(
  "[P2] %s: a hundred sends, each late by chance on its way, keep their order",
  async (mode) => {
    const { store, most } = widest(jittered(opened.store, seeded(7), 6))
    const app = await newApp(store, mode)
    const userId = visitor(1)
    const { message } = await say(app, userId, "first")
    const texts = range(100).map((k) => `n ${k}`)
    const sent = await Promise.all(
      sendAll(
        app,
        userId,
        texts,
        range(100)
          .fill(0)
          .map(() => message.conversationId),
      ),
    )
    expect(sent.map(({ message }) => textOf(message))).toEqual(texts)
    expect((await historyOf(app, userId)).messages.map(textOf)).toEqual(["first", ...texts])
    expect(most()).toBeGreaterThan(3)
  },
)

test("[P2] so do sends whose records others change meanwhile", async () => {
  const app = await newApp(jittered(opened.store, seeded(8)), "single")
  const userId = visitor(2)
  await say(app, userId, "first")
  const texts = range(60).map((k) => `n ${k}`)
  const sends = sendAll(app, userId, texts)
  let sending = true
  const disturbing = (async () => {
    for (let k = 0; sending; k += 1) {
      await updateProfile(app, actorOf(app, userId, { device: "laptop" }), { name: `name ${k}` }, Date.now())
      await turns(5)
    }
  })()
  await Promise.all(sends)
  sending = false
  await disturbing
  expect((await historyOf(app, userId)).messages.map(textOf)).toEqual(["first", ...texts])
})

/** Every commit is so many turns of the loop late, either way, and none overtakes another. */
function far(store: Store, away: number): Store {
  const commit: Store["commit"] = async (...asked) => {
    await turns(away)
    const done = await store.commit(...asked)
    await turns(away)
    return done
  }
  return { ...store, commit }
}

test("after one conflict the sends of a socket overlap again; while they went alone each new one conflicted, and a stream never caught up", async () => {
  const conflicts: string[] = []
  const noting = { ...UNOBSERVED, conflict: (what: string) => void conflicts.push(what) }
  const store = far(opened.store, 5)
  const app = await new Apps(store, noting).get((await newApp(store, "single")).id)
  const userId = visitor(1)
  await say(app, userId, "first")
  const queue = new SerialQueue<HandedOver>()
  const sends: Promise<unknown>[] = []
  for (const k of range(150)) {
    const command = { localId: `n ${k}`, content: { type: "text", text: `n ${k}` } } as const
    sends.push(queue.overlap((turn) => sendMessage(app, actorOf(app, userId), command, Date.now(), turn)))
    if (k === 20)
      void updateProfile(app, actorOf(app, userId, { device: "laptop" }), { name: "M" }, Date.now())
    await turns(2)
  }
  await Promise.all(sends)
  expect((await historyOf(app, userId)).messages.map(textOf)).toEqual([
    "first",
    ...range(150).map((k) => `n ${k}`),
  ])
  const lost = conflicts.filter((what) => what === "message:send").length
  expect(lost).toBeGreaterThan(0)
  // Those that were under way, and no more.
  expect(lost).toBeLessThan(60)
})

test("[P1] [P2] the first message of all, repeats and refusals among them: the others keep their order, each once", async () => {
  const app = await newApp(jittered(opened.store, seeded(9)), "multi")
  const userId = visitor(0)
  const texts = ["a", "b", "c", "b", "d", "a", "e", "f"]
  const ids = texts.map((text) => (text === "d" ? "cnv_of_nobody" : undefined))
  const settled = await Promise.allSettled(sendAll(app, userId, texts, ids))
  expect(settled.map(({ status }) => status === "fulfilled")).toEqual(texts.map((text) => text !== "d"))
  const duplicates = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value.duplicate] : []))
  expect(duplicates).toEqual([false, false, false, true, true, false, false])
  expect((await historyOf(app, userId)).messages.map(textOf)).toEqual(["a", "b", "c", "e", "f"])
})
