/**
 * Reads the beginning of a Socket.IO packet: its type, namespace, acknowledgement and the event's name. The body is not parsed
 * yet, so a packet can be refused cheaply.
 */

export type PacketKind = "connect" | "disconnect" | "event"

export interface PacketHeader {
  readonly kind: PacketKind
  readonly namespace: string
  /** Number of the acknowledgement, as it was written. */
  readonly ack: string | undefined
  /** Name of the event, where it is a name at all. */
  readonly name: string | undefined
  /** Where the body begins, in characters. */
  readonly bodyAt: number
}

const KINDS: Readonly<Record<string, PacketKind>> = { "0": "connect", "1": "disconnect", "2": "event" }
/** The hub asks for no acknowledgement and takes no bytes, so it takes no other kinds of packets. */
const HEADER = /^([012])(\/[a-z]{1,16})(?:,(\d{0,15})(?:\["([a-z:]{1,32})")?|$)/

/** @returns `undefined` for anything but a text packet of a client to one of the hub's namespaces */
export function readPacketHeader(data: unknown, namespaces: ReadonlySet<string>): PacketHeader | undefined {
  const found = typeof data === "string" ? HEADER.exec(data) : null
  const kind = KINDS[found?.[1] ?? ""]
  const namespace = found?.[2] ?? ""
  if (!kind || !namespaces.has(namespace)) return undefined
  const ack = found?.[3] ?? ""
  // Kind, namespace, comma, number.
  return {
    kind,
    namespace,
    ack: ack || undefined,
    name: found?.[4],
    bodyAt: namespace.length + 2 + ack.length,
  }
}

/** @returns the event's name and arguments; `undefined` for a text that no client of Socket.IO writes */
export function argumentsIn(text: string, { bodyAt }: PacketHeader): readonly unknown[] | undefined {
  try {
    const args: unknown = JSON.parse(text.slice(bodyAt))
    return Array.isArray(args) && (typeof args[0] === "string" || typeof args[0] === "number")
      ? args
      : undefined
  } catch {
    return undefined
  }
}
