/**
 * What a merging login has read is overtaken: just before one of its commits, which is decided by then, others act. The
 * import is decided on what was read before the freeze, so whatever happened in between must be in it.
 */
import { describe, expect, test } from "vitest"
import { updateTicket } from "../../src/app/agents/agent-tickets.ts"
import { App } from "../../src/app/app.ts"
import { resolveConversation } from "../../src/app/conversation-lookup.ts"
import { mergeUsers } from "../../src/app/merge-queue.ts"
import { resolveUser } from "../../src/app/merge-users.ts"
import { historyOf } from "./checks.ts"
import { preceding, type Step } from "./dying.ts"
import { fileStore } from "./file-store.ts"
import { expectMerged, play, type Scene } from "./merge-scene.ts"
import {
  anonymous,
  answer,
  externalIdOn,
  MODES,
  newApp,
  open,
  person,
  read,
  say,
  signIn,
  visitor,
} from "./stage.ts"

const opened = fileStore()

interface Act {
  readonly name: string
  readonly before: readonly Step[]
  /** @returns who has everything afterwards, where that is not the survivor */
  run(app: App, scene: Scene): Promise<string | undefined>
}

const [FREEZE, IMPORT, FORWARD] = ["freeze", "import", "forward"] as const

const ACTS: readonly Act[] = [
  {
    name: "their other device writes",
    before: [FREEZE],
    async run(app, scene) {
      await say(app, scene.visitor, "a4", { device: "tablet" })
      scene.said.push("a4")
      // Who writes has read what is there.
      scene.unread -= 1
      return undefined
    },
  },
  {
    name: "their other device writes somewhere new",
    before: [FREEZE],
    async run(app, scene) {
      const conversationId = await open(app, scene.visitor, { device: "tablet" })
      await say(app, scene.visitor, "a4", { device: "tablet", conversationId })
      scene.said.push("a4")
      if (app.settings.conversationMode === "single") scene.unread -= 1
      return undefined
    },
  },
  {
    name: "their other device reads",
    before: [FREEZE],
    async run(app, scene) {
      const { messages } = await historyOf(app, scene.visitor)
      const { conversationId = "", position = "" } =
        messages.find(({ author }) => author.type === "agent") ?? {}
      await read(app, scene.visitor, conversationId, position)
      scene.unread -= 1
      return undefined
    },
  },
  {
    name: "an agent answers them",
    before: [FREEZE],
    async run(app, scene) {
      await answer(app, scene.conversations[2] ?? "", "for a, again")
      scene.said.push("for a, again")
      scene.unread += 1
      return undefined
    },
  },
  {
    name: "another visitor is merged into them",
    before: [FREEZE],
    async run(app, scene) {
      const other = visitor(3)
      await say(app, other, "o1")
      scene.said.push("o1")
      await mergeUsers(app, { discardedId: other, survivingId: scene.visitor, reason: "api" }, Date.now())
      return undefined
    },
  },
  {
    name: "the survivor writes",
    before: [FREEZE, IMPORT],
    async run(app, scene) {
      await say(app, scene.survivor, "x4", { proven: true })
      scene.said.push("x4")
      const { conversations } = await historyOf(app, scene.survivor)
      scene.unread = 1 + conversations.reduce((sum, { unreadCount }) => sum + unreadCount, 0)
      return undefined
    },
  },
  {
    name: "another node finishes it",
    before: [IMPORT, FORWARD],
    async run(app, scene) {
      expect((await resolveUser(app, scene.visitor))?.record.id).toBe(scene.survivor)
      return undefined
    },
  },
  {
    name: "the survivor is merged on",
    before: [FREEZE, IMPORT, FORWARD],
    async run(app, scene) {
      const third = await person(app, 0, externalIdOn(0, "third"))
      await mergeUsers(app, { discardedId: scene.survivor, survivingId: third, reason: "api" }, Date.now())
      return third
    },
  },
]

describe.each(MODES)("[P3] a merging login in %s mode", (mode) => {
  for (const { name, before, run } of ACTS)
    for (const step of before)
      test(`just before its ${step} ${name}`, async () => {
        const plain = await newApp(opened.store, mode)
        const scene = await play(plain)
        let acted = 0
        let owner: string | undefined
        const store = preceding(opened.store, async (reached) => {
          if (reached !== step || acted > 0) return
          acted += 1
          owner = await run(plain, scene)
        })
        await signIn(new App(store, plain.record), anonymous(scene.visitor), scene.externalId)
        expect(acted).toBe(1)
        await resolveUser(plain, scene.visitor)
        await expectMerged(plain, scene, owner)
      })

  test("just before its freeze an agent solves the ticket: it is solved afterwards", async () => {
    const plain = await newApp(opened.store, mode)
    const scene = await play(plain)
    const conversationId = scene.conversations[2] ?? ""
    const ticket = (await resolveConversation(plain, conversationId))?.record.ticket
    let acted = 0
    const store = preceding(opened.store, async (reached) => {
      if (reached !== FREEZE || acted > 0) return
      acted += 1
      await updateTicket(plain, { ticketId: ticket?.id ?? "", status: "solved" }, Date.now())
    })
    await signIn(new App(store, plain.record), anonymous(scene.visitor), scene.externalId)
    const { ticket: now, previousTickets = [] } =
      (await resolveConversation(plain, conversationId))?.record ?? {}
    const found = [...(now ? [now] : []), ...previousTickets].find(({ id }) => id === ticket?.id)
    expect(found).toMatchObject({ status: "solved" })
  })
})
