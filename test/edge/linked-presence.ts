/** Nodes whose presence is linked. Time and the link are the test's; messages travel as text, as they do between processes. */
import { Presence } from "../../src/edge/presence/presence.ts"
import type { PresenceMessage } from "../../src/edge/presence/presence-message.ts"
import { ManualClock } from "./manual-clock.ts"

export interface PresenceNode {
  readonly presence: Presence
  /** What it was told, in order: `+` has come, `-` has gone. */
  readonly received: string[]
  /** What it sent. */
  readonly sent: PresenceMessage[]
  /** False: it neither hears nor is heard. */
  connected: boolean
}

export class PresenceLink {
  readonly clock = new ManualClock()
  /** Whether a message gets through. */
  carries: (message: PresenceMessage) => boolean = () => true
  readonly #nodes: PresenceNode[] = []
  /** Deliveries that wait for the one under way: every node hears everything in one order. */
  #deliveries: (() => void)[] = []

  /** Without the nodes there were: they hear nothing any more, and no timer of theirs runs. */
  reset(): void {
    for (const { presence } of this.#nodes.splice(0)) presence.stop()
    this.#deliveries = []
    this.carries = () => true
  }

  /** A node that is linked to all others. */
  newNode(): PresenceNode {
    const node: PresenceNode = {
      received: [],
      sent: [],
      connected: true,
      presence: new Presence({
        clock: this.clock,
        node: `node ${this.#nodes.length}`,
        send: (message) => {
          node.sent.push(message)
          if (node.connected && this.carries(message)) this.#deliver(node, message)
        },
      }),
    }
    const sign = (online: boolean): string => (online ? "+" : "-")
    node.presence.onUser((appId, userId, online) => node.received.push(`${sign(online)}${appId}/${userId}`))
    node.presence.onAgents((appId, online) => node.received.push(`${sign(online)}${appId}`))
    this.#nodes.push(node)
    node.presence.start()
    return node
  }

  #deliver(from: PresenceNode, message: PresenceMessage): void {
    this.#deliveries.push(() => {
      for (const other of this.#nodes)
        if (other !== from && other.connected) other.presence.receive(JSON.parse(JSON.stringify(message)))
    })
    if (this.#deliveries.length > 1) return
    for (const next of this.#deliveries) next()
    this.#deliveries = []
  }
}
