/** 2 and 4.1: an external id is any 1 to 255 characters, byte for byte, and two that differ are two people. */
import { expect, it } from "vitest"
import { inParallel } from "./random.ts"
import { onBoth } from "./world.ts"

const IDS = [
  ...[
    "ann",
    "Ann",
    "ANN",
    "ann ",
    " ann",
    "ann\n",
    "ann\t",
    "ann\u0000",
    "\u0000",
    "ann\u0000b",
    "ann\u200b",
  ],
  ...["é", "e\u0301", "ß", "SS", "İ", "i", "👩‍👩‍👧‍👦", "😀", "漢字", "\u202eann", "\ufeffann", "ﬁ", "fi"],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "null",
    "undefined",
    "true",
    "0",
    "00",
    "0.0",
    "NaN",
  ],
  ...[
    "../ann",
    "a/b",
    "a:b",
    "a%2Fb",
    "a?b",
    "a#b",
    "a&b=c",
    "a{b}",
    "{app:0}",
    "*",
    "a|b",
    "a,b",
    "a\\b",
    "'; DROP",
  ],
  ...[
    "usr_1",
    "HC:ann",
    "h",
    "hc",
    "x".repeat(255),
    `${"x".repeat(254)}y`,
    "漢".repeat(255),
    " ",
    "\n",
    '"',
    "\\",
  ],
]

onBoth("external ids", (world) => {
  it("[P4] each id is one person, and no other", async () => {
    const app = await world.app()
    const users = new Map<string, string>()
    await inParallel(IDS, 8, async (externalId) => {
      const web = await app.visitor({ jwt: app.token(externalId), deviceId: "one-for-all" })
      expect(web.view.user?.externalId).toBe(externalId)
      await web.send(`I am ${externalId}`)
      users.set(externalId, web.userId)
    })
    expect(new Set(users.values()).size).toBe(IDS.length)
    await inParallel(IDS, 8, async (externalId) => {
      const again = await app.visitor({ jwt: app.token(externalId), on: 1 })
      expect(again.userId).toBe(users.get(externalId))
      expect(again.view.texts()).toEqual([`I am ${externalId}`])
      const holder = await app.holder(externalId)
      expect([holder.id, holder.externalId]).toEqual([again.userId, externalId])
    })
  })

  it("4.2 upgrade and merge with an id of emoji and with __proto__", async () => {
    const app = await world.app()
    for (const externalId of ["👩‍👩‍👧‍👦", "__proto__", "a\u0000b"]) {
      const first = await app.visitor()
      await first.send("first")
      expect((await first.login(app.token(externalId))).outcome).toBe("upgraded")
      const second = await app.visitor({ on: 1 })
      await second.send("second")
      expect((await second.login(app.token(externalId))).outcome).toBe("merged")
      expect(second.view.texts()).toEqual(["first", "second"])
    }
  })

  it("4.1 the same external id in two apps is two people", async () => {
    const [one, two] = [await world.app(), await world.app()]
    const a = await one.member("ann")
    const b = await two.member("ann")
    await a.send("in the first app")
    expect(b.userId).not.toBe(a.userId)
    expect((await two.member("ann", { on: 1 })).view.texts()).toEqual([])
  })
})
