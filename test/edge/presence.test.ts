/** Presence is a sum over the nodes, each with a time to live (docs/protocol.md 3.3, 6). Time and the link are the test's. */
import { beforeEach, describe, expect, test } from "vitest"
import { TTL_MS } from "../../src/edge/presence/peers.ts"
import { BEAT_MS, COLLECT_MS, OFFLINE_DELAY_MS, Presence } from "../../src/edge/presence/presence.ts"
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
/** Deliveries that wait for the one under way: every node hears everything in one order. */
let deliveries: (() => void)[]

beforeEach(() => {
  clock = new ManualClock()
  nodes = []
  carries = () => true
  deliveries = []
})

function deliver(from: Node, message: PresenceMessage): void {
  deliveries.push(() => {
    for (const other of nodes)
      if (other !== from && other.connected) other.presence.receive(JSON.parse(JSON.stringify(message)))
  })
  if (deliveries.length > 1) return
  for (const next of deliveries) next()
  deliveries = []
}

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
        if (node.connected && carries(message)) deliver(node, message)
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

describe("a beat", () => {
  const kinds = ({ sent }: Node): string[] => sent.map(({ kind }) => kind)

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
    carries = ({ kind }) => kind !== "change"
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
    carries = ({ kind }) => kind !== "change"
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
    carries = (message) => message.kind !== "change" && !(message.kind === "roster" && message.part === 1)
    for (let user = 0; user < many; user += 1) a.presence.userJoined("shop", `user${user}`)
    clock.pass(3 * TTL_MS)
    expect(b.received).toEqual([])
    carries = () => true
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
