/** What nodes tell one another of presence: digests with every beat, rosters to a node that has missed something. */
import { beforeEach, describe, expect, test } from "vitest"
import { TTL_MS } from "../../src/edge/presence/peers.ts"
import { BEAT_MS, COLLECT_MS, OFFLINE_DELAY_MS } from "../../src/edge/presence/presence.ts"
import { KEYS_PER_PART } from "../../src/edge/presence/presence-message.ts"
import { PresenceLink, type PresenceNode } from "./linked-presence.ts"

const link = new PresenceLink()
const newNode = () => link.newNode()
const { clock } = link
beforeEach(() => link.reset())

describe("a beat", () => {
  const kinds = ({ sent }: PresenceNode): string[] => sent.map(({ kind }) => kind)

  test("of users who stay is as short as one of none, and nothing follows it", () => {
    const nodes = [newNode(), newNode(), newNode()]
    const [a] = nodes
    for (let user = 0; user < 1_000; user += 1) a?.presence.userJoined("shop", `user${user}`)
    clock.pass(COLLECT_MS)
    for (const node of nodes) node.sent.length = 0
    clock.pass(3 * BEAT_MS)
    for (const node of nodes) expect(kinds(node)).toEqual(["beat", "beat", "beat"])
    expect(JSON.stringify(a?.sent[0]).length).toBeLessThan(100)
  })

  test("tells other keys apart, also when there are as many", () => {
    const [a, b] = [newNode(), newNode()]
    a.presence.userJoined("shop", "ann")
    clock.pass(COLLECT_MS)
    link.carries = ({ kind }) => kind !== "change"
    a.presence.userLeft("shop", "ann")
    clock.pass(OFFLINE_DELAY_MS)
    a.presence.userJoined("shop", "bob")
    clock.pass(BEAT_MS)
    expect(b.received).toEqual(["+shop/ann", "+shop/bob", "-shop/ann"])
  })

  test("comes after the changes before it, so nothing is asked for", () => {
    const [a, b] = [newNode(), newNode()]
    clock.pass(BEAT_MS - COLLECT_MS / 2)
    for (const node of [a, b]) node.sent.length = 0
    a.presence.userJoined("shop", "ann")
    clock.pass(COLLECT_MS)
    expect([kinds(a), kinds(b)]).toEqual([["change", "beat"], ["beat"]])
    expect(b.received).toEqual(["+shop/ann"])
  })

  test("that several nodes ask about is answered once, to all", () => {
    const [a, ...others] = [newNode(), newNode(), newNode(), newNode()]
    link.carries = ({ kind }) => kind !== "change"
    a.presence.userJoined("shop", "ann")
    clock.pass(COLLECT_MS)
    a.sent.length = 0
    clock.pass(BEAT_MS)
    expect(kinds(a)).toEqual(["beat", "roster"])
    for (const { received } of others) expect(received).toEqual(["+shop/ann"])
  })
})

describe("a roster", () => {
  const many = KEYS_PER_PART * 2 + 1

  test("of many users comes in parts of bounded size, and replaces the one before as a whole", () => {
    const a = newNode()
    for (let user = 0; user < many; user += 1) a.presence.userJoined("shop", `user${user}`)
    const b = newNode()
    const sizes = a.sent.flatMap((message) => (message.kind === "roster" ? [message.keys.length] : []))
    expect(sizes).toEqual([KEYS_PER_PART, KEYS_PER_PART, 1])
    expect(b.received).toHaveLength(many)
  })

  test("with a hole in it changes nothing, but shows that the node lives, and is asked for again", () => {
    const [a, b] = [newNode(), newNode()]
    link.carries = (message) =>
      message.kind !== "change" && !(message.kind === "roster" && message.part === 1)
    for (let user = 0; user < many; user += 1) a.presence.userJoined("shop", `user${user}`)
    clock.pass(3 * TTL_MS)
    expect(b.received).toEqual([])
    link.carries = () => true
    clock.pass(BEAT_MS)
    expect(b.received).toHaveLength(many)
  })

  test.each([
    undefined,
    "hello",
    {},
    { kind: "greeting", node: "x" },
    { kind: "change", node: "x", come: [5], gone: [] },
    { kind: "beat", node: "x", count: 1 },
    { kind: "roster", node: "x", roster: 1, part: 0, parts: 0, keys: [] },
  ])("that is none is passed over: %j", (message) => {
    const { presence, received } = newNode()
    presence.receive(message)
    expect(received).toEqual([])
  })
})
