/** 3.2, 8: work is bounded by what is asked for, never by what is stored; and what is left out is said. */
import { expect, it } from "vitest"
import { inParallel, range } from "./random.ts"
import type { Message } from "./shapes.ts"
import { onBoth } from "./world.ts"

const LARGE = "漢".repeat(4_000)

onBoth("bounded work", (world) => {
  it("3.2 message:list between two positions gives what lies between, page by page, and nothing where nothing is", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const sent: Message[] = []
    for (const n of range(30)) sent.push((await web.send(`${n}`)).message)
    const at = (n: number): string => sent[n]?.position ?? ""
    const { conversationId } = web
    const between = (after: string, before: string, limit?: number) =>
      web.ask("message:list", { conversationId, after, before, ...(limit && { limit }) })
    const texts = (page: { messages: Message[] }) => page.messages.map(({ position }) => position)
    expect(texts(await between(at(4), at(9)))).toEqual([5, 6, 7, 8].map(at))
    expect(await between(at(4), at(9), 2)).toMatchObject({
      more: true,
      messages: [{ position: at(5) }, { position: at(6) }],
    })
    expect((await between(at(4), at(9), 4)).more).toBe(false)
    for (const [after, before] of [
      [at(9), at(4)],
      [at(4), at(4)],
      [at(4), at(5)],
      ["0", "0"],
    ] as const)
      expect(await between(after, before)).toEqual({ messages: [], more: false })
  })

  it("3.1 a history of large messages is paged through without a hole, forwards and backwards", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const sent: string[] = []
    for (const n of range(70)) sent.push((await web.send(`${n} ${LARGE}`.slice(0, 4_090))).message.position)
    const { conversationId } = web
    const walk = async (forwards: boolean): Promise<string[]> => {
      const seen: string[] = []
      for (let bound: string | undefined = forwards ? "0" : undefined; ; ) {
        const page: { messages: Message[]; more: boolean } = await web.ask("message:list", {
          conversationId,
          limit: 100,
          ...(bound !== undefined && { [forwards ? "after" : "before"]: bound }),
        })
        const positions = page.messages.map(({ position }) => position)
        if (forwards) seen.push(...positions)
        else seen.unshift(...positions)
        if (!page.more) return seen
        bound = forwards ? positions.at(-1) : positions[0]
      }
    }
    expect(await walk(true)).toEqual(sent)
    expect(await walk(false)).toEqual(sent)
  })

  it("3.2 ifHead looks at the 100 messages after it and no further", async () => {
    const app = await world.app()
    const web = await app.visitor()
    const { message } = await web.send("first")
    const say = (ifHead: string) =>
      web.code("message:send", { localId: crypto.randomUUID(), content: { type: "text", text: "x" }, ifHead })
    for (const n of range(50)) await web.send(`${n}`, { ifHead: message.position })
    await inParallel(range(120), 20, async (n) => {
      await web.send(`more ${n}`)
    })
    expect(await say("0")).toBe("conflict")
    expect(await say(message.position)).toBe("conflict")
    await web.send("and so on", { ifHead: web.view.conversations()[0]?.messages.at(-1)?.position ?? "" })
  })

  it("8 a user's conversations come in pages of a hundred, every one of them once", async () => {
    const app = await world.app({ conversationMode: "multi" })
    const phone = await app.member("ann")
    const made: string[] = []
    await inParallel(range(130), 10, async (n) => {
      made.push((await phone.ask("conversation:create", { localId: `${n}` })).conversation.id)
    })
    const seen: string[] = []
    for (let query = "", pages = 0; ; pages += 1) {
      const path = `/v1/apps/${app.id}/users/${phone.view.user?.id}${query}`
      const answer = (await app.admin().call("GET", path)) as {
        user: { conversations: { id: string }[] }
        next?: string
      }
      seen.push(...answer.user.conversations.map(({ id }) => id))
      if (answer.next === undefined) {
        expect(pages).toBe(1)
        break
      }
      query = `?before=${encodeURIComponent(answer.next)}`
    }
    expect(seen.sort()).toEqual(made.sort())
  })
})
