/** Presence is a sum over the nodes, each with a time to live (docs/protocol.md 3.3, 6). */
import { beforeEach, describe, expect, test } from "vitest"
import { TTL_MS } from "../../src/edge/presence/peers.ts"
import { BEAT_MS, COLLECT_MS, OFFLINE_DELAY_MS } from "../../src/edge/presence/presence.ts"
import { PresenceLink } from "./linked-presence.ts"

const link = new PresenceLink()
const newNode = () => link.newNode()
const { clock } = link
beforeEach(() => link.reset())

describe("on one node", () => {
  test("a node without peers announces no change, and a peer that comes is told the whole state", () => {
    const alone = newNode()
    alone.presence.userJoined("shop", "ann")
    expect(alone.sent.filter(({ kind }) => kind === "change")).toEqual([])
    // Its hello is lost: the beat that comes later shows that it is there.
    link.carries = ({ kind }) => kind !== "hello"
    const other = newNode()
    other.presence.userJoined("shop", "bob")
    clock.pass(BEAT_MS)
    for (const { presence } of [alone, other])
      expect([presence.online("shop", "ann"), presence.online("shop", "bob")]).toEqual([true, true])
    alone.presence.userJoined("shop", "eve")
    clock.pass(COLLECT_MS)
    expect(other.presence.online("shop", "eve")).toBe(true)
  })

  test("a user is online with their first socket and offline with their last", () => {
    const { presence, received } = newNode()
    expect(presence.online("shop", "ann")).toBe(false)
    presence.userJoined("shop", "ann")
    expect(presence.online("shop", "ann")).toBe(true)
    presence.userLeft("shop", "ann")
    clock.pass(OFFLINE_DELAY_MS)
    expect(presence.online("shop", "ann")).toBe(false)
    expect(received).toEqual(["+shop/ann", "-shop/ann"])
  })

  test("a user who comes back at once was never offline, and nothing is announced", () => {
    const [{ presence, received, sent }, other] = [newNode(), newNode()]
    presence.userJoined("shop", "ann")
    clock.pass(COLLECT_MS)
    const before = sent.length
    for (let times = 0; times < 5; times += 1) {
      presence.userLeft("shop", "ann")
      clock.pass(OFFLINE_DELAY_MS / 10)
      presence.userJoined("shop", "ann")
    }
    clock.pass(OFFLINE_DELAY_MS)
    expect(received).toEqual(["+shop/ann"])
    expect(other.received).toEqual(["+shop/ann"])
    expect(sent.slice(before)).toEqual([])
  })

  test("agents are online with their first socket and offline with their last, app by app", () => {
    const { presence, received } = newNode()
    presence.agentJoined("shop", "socket 1")
    presence.agentJoined("shop", "socket 1")
    presence.agentJoined("shop", "socket 2")
    expect([presence.agentsOnline("shop"), presence.agentsOnline("bank")]).toEqual([true, false])
    presence.agentLeft("shop", "socket 1")
    presence.agentLeft("shop", "socket 1")
    presence.agentLeft("bank", "socket 2")
    clock.pass(OFFLINE_DELAY_MS)
    expect(presence.agentsOnline("shop")).toBe(true)
    presence.agentLeft("shop", "socket 2")
    clock.pass(OFFLINE_DELAY_MS)
    expect(received).toEqual(["+shop", "-shop"])
  })

  test("the same user id in two apps is two users", () => {
    const { presence } = newNode()
    presence.userJoined("shop", "ann")
    expect(presence.online("bank", "ann")).toBe(false)
    expect(presence.agentsOnline("shop")).toBe(false)
  })
})

describe("over the nodes", () => {
  test("a change is known everywhere soon, and told once", () => {
    const [a, b, c] = [newNode(), newNode(), newNode()]
    a.presence.userJoined("shop", "ann")
    clock.pass(COLLECT_MS)
    expect(c.presence.online("shop", "ann")).toBe(true)
    b.presence.userJoined("shop", "ann")
    a.presence.userLeft("shop", "ann")
    clock.pass(OFFLINE_DELAY_MS)
    expect(c.presence.online("shop", "ann")).toBe(true)
    b.presence.userLeft("shop", "ann")
    clock.pass(OFFLINE_DELAY_MS + COLLECT_MS)
    for (const { received } of [a, b, c]) expect(received).toEqual(["+shop/ann", "-shop/ann"])
  })

  test("changes of one moment are one message, and what came of them counts", () => {
    const [a, b] = [newNode(), newNode()]
    a.sent.length = 0
    for (let user = 0; user < 100; user += 1) a.presence.userJoined("shop", `user${user}`)
    clock.pass(COLLECT_MS)
    expect(a.sent.map(({ kind }) => kind)).toEqual(["change"])
    expect(b.received).toHaveLength(100)
    a.presence.userLeft("shop", "user1")
    clock.pass(OFFLINE_DELAY_MS)
    a.presence.userJoined("shop", "user1")
    clock.pass(COLLECT_MS)
    expect(b.received).toHaveLength(100)
    expect(b.presence.online("shop", "user1")).toBe(true)
  })

  test("a new node learns at once what the others have", () => {
    const a = newNode()
    a.presence.userJoined("shop", "ann")
    a.presence.agentJoined("shop", "socket")
    const b = newNode()
    expect(b.received).toEqual(["+shop/ann", "+shop"])
  })

  test("the users of a killed node are offline after the time to live, and not before", () => {
    const [a, b] = [newNode(), newNode()]
    a.presence.userJoined("shop", "ann")
    a.presence.agentJoined("shop", "socket")
    clock.pass(BEAT_MS)
    a.connected = false
    clock.pass(TTL_MS - 1)
    expect(b.received).toEqual(["+shop/ann", "+shop"])
    clock.pass(1)
    expect(b.received).toEqual(["+shop/ann", "+shop", "-shop/ann", "-shop"])
  })

  test("a user who comes back on another node before that was never offline", () => {
    const [a, b, c] = [newNode(), newNode(), newNode()]
    a.presence.userJoined("shop", "ann")
    a.connected = false
    b.presence.userJoined("shop", "ann")
    clock.pass(2 * TTL_MS)
    for (const { received } of [b, c]) expect(received).toEqual(["+shop/ann"])
  })

  test("a living node stays known without end, and again after it was cut off", () => {
    const [a, b] = [newNode(), newNode()]
    a.presence.userJoined("shop", "ann")
    clock.pass(10 * TTL_MS)
    expect(b.received).toEqual(["+shop/ann"])
    a.connected = false
    clock.pass(TTL_MS)
    a.connected = true
    clock.pass(BEAT_MS)
    expect(b.received).toEqual(["+shop/ann", "-shop/ann", "+shop/ann"])
  })

  test("the next beat repeats what a lost message said", () => {
    const [a, b] = [newNode(), newNode()]
    a.presence.userJoined("shop", "ann")
    clock.pass(COLLECT_MS)
    link.carries = ({ kind }) => kind !== "change"
    a.presence.userJoined("shop", "bob")
    a.presence.userLeft("shop", "ann")
    clock.pass(OFFLINE_DELAY_MS)
    expect(b.received).toEqual(["+shop/ann"])
    clock.pass(BEAT_MS)
    expect(b.received).toEqual(["+shop/ann", "+shop/bob", "-shop/ann"])
  })

  test("a node that stops withdraws its own users at once, and does not announce that the others' are gone", () => {
    const [a, b] = [newNode(), newNode()]
    a.presence.userJoined("shop", "ann")
    clock.pass(COLLECT_MS)
    b.presence.userJoined("shop", "bob")
    clock.pass(COLLECT_MS)
    a.presence.userLeft("shop", "ann")
    a.presence.stop()
    expect(b.received).toEqual(["+shop/ann", "+shop/bob", "-shop/ann"])
    const { length } = a.sent
    a.presence.userJoined("shop", "cid")
    clock.pass(TTL_MS)
    expect(a.sent).toHaveLength(length)
    expect(a.received).toEqual(["+shop/ann", "+shop/bob"])
    b.presence.stop()
    expect(clock.waiting).toBe(0)
  })
})
