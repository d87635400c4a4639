/** Presence is a sum over the nodes, each with a time to live (docs/protocol.md 3.3, 6). Time and the link are the test's. */
import { beforeEach, describe, expect, test } from "vitest"
import { TTL_MS } from "../../src/edge/presence/peers.ts"
import { BEAT_MS, OFFLINE_DELAY_MS, Presence } from "../../src/edge/presence/presence.ts"
import { KEYS_PER_PART, type PresenceMessage } from "../../src/edge/presence/presence-message.ts"
import { ManualClock } from "./manual-clock.ts"

interface Node {
  readonly presence: Presence
  /** What it was told, in order: `+` has come, `-` has gone. */
  readonly received: string[]
  /** What it sent. */
  readonly sent: PresenceMessage[]
  /** False: it neither hears nor is heard. */
  connected: boolean
}

let clock: ManualClock
let nodes: Node[]
/** Whether a message gets through. */
let carries: (message: PresenceMessage) => boolean

beforeEach(() => {
  clock = new ManualClock()
  nodes = []
  carries = () => true
})

/** A node that is linked to all others; messages travel as text, as they do between processes. */
function newNode(): Node {
  const node: Node = {
    received: [],
    sent: [],
    connected: true,
    presence: new Presence({
      clock,
      node: `node ${nodes.length}`,
      send(message) {
        node.sent.push(message)
        if (!node.connected || !carries(message)) return
        for (const other of nodes)
          if (other !== node && other.connected) other.presence.receive(JSON.parse(JSON.stringify(message)))
      },
    }),
  }
  const sign = (online: boolean): string => (online ? "+" : "-")
  node.presence.onUser((appId, userId, online) => node.received.push(`${sign(online)}${appId}/${userId}`))
  node.presence.onAgents((appId, online) => node.received.push(`${sign(online)}${appId}`))
  nodes.push(node)
  node.presence.start()
  return node
}

describe("on one node", () => {
  test("a node without peers announces no change, and a peer that comes is told the whole state", () => {
    const alone = newNode()
    alone.presence.userJoined("shop", "ann")
    expect(alone.sent.filter(({ kind }) => kind === "change")).toEqual([])
    // Its hello is lost: the beat that comes later shows that it is there.
    carries = ({ kind }) => kind !== "hello"
    const other = newNode()
    other.presence.userJoined("shop", "bob")
    clock.pass(BEAT_MS)
    for (const { presence } of [alone, other])
      expect([presence.online("shop", "ann"), presence.online("shop", "bob")]).toEqual([true, true])
    alone.presence.userJoined("shop", "eve")
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
  test("a change is known everywhere at once, and told once", () => {
    const [a, b, c] = [newNode(), newNode(), newNode()]
    a.presence.userJoined("shop", "ann")
    expect(c.presence.online("shop", "ann")).toBe(true)
    b.presence.userJoined("shop", "ann")
    a.presence.userLeft("shop", "ann")
    clock.pass(OFFLINE_DELAY_MS)
    expect(c.presence.online("shop", "ann")).toBe(true)
    b.presence.userLeft("shop", "ann")
    clock.pass(OFFLINE_DELAY_MS)
    for (const { received } of [a, b, c]) expect(received).toEqual(["+shop/ann", "-shop/ann"])
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
    carries = ({ kind }) => kind !== "change"
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
    b.presence.userJoined("shop", "bob")
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

describe("a beat", () => {
  const many = KEYS_PER_PART * 2 + 1

  test("of many users comes in parts of bounded size, and replaces the one before as a whole", () => {
    const [a, b] = [newNode(), newNode()]
    for (let user = 0; user < many; user += 1) a.presence.userJoined("shop", `user${user}`)
    a.sent.length = 0
    clock.pass(BEAT_MS)
    const sizes = a.sent.map((message) => (message.kind === "beat" ? message.keys.length : -1))
    expect(sizes).toEqual([KEYS_PER_PART, KEYS_PER_PART, 1])
    expect(b.received).toHaveLength(many)
  })

  test("with a hole in it changes nothing, but shows that the node lives", () => {
    const [a, b] = [newNode(), newNode()]
    for (let user = 0; user < many; user += 1) a.presence.userJoined("shop", `user${user}`)
    carries = (message) => !(message.kind === "beat" && message.part === 1)
    clock.pass(3 * TTL_MS)
    expect(b.received).toHaveLength(many)
  })

  test.each([
    undefined,
    "hello",
    {},
    { kind: "greeting", node: "x" },
    { kind: "change", node: "x", claim: 5, here: true },
    { kind: "beat", node: "x", beat: 1, part: 0, parts: 0, claims: [] },
  ])("that is none is passed over: %j", (message) => {
    const { presence, received } = newNode()
    presence.receive(message)
    expect(received).toEqual([])
  })
})
