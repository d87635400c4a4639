/**
 * The address of a connection's client. Behind a proxy that the operator has named, it is the one that the proxy says;
 * headers of any other sender are ignored.
 */
import type { IncomingMessage } from "node:http"
import { isIP, type Socket } from "node:net"
import { Networks } from "../../lib/networks.ts"

/** The address without the prefix `::ffff:` that a dual-stack server sees before an IPv4 address. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "")

/** Some balancers (Azure, and AWS where it is told to) write the client's port behind the address. */
const WITH_PORT = /^(?:\[([\da-f:.]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/i

function written(entry: string): string {
  const text = entry.trim()
  const [, six, four] = WITH_PORT.exec(text) ?? []
  return plain(six ?? four ?? text)
}

/**
 * Addresses of this machine and of private networks: proxies, containers, load balancers. Many users may be behind each, so
 * they are not limited by address. With `TRUSTED_PROXIES` set, the users behind the proxies are.
 */
const UNCOUNTED = new Networks([
  ...["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"],
  ...["::1", "fc00::/7", "fe80::/10"],
])

export class ClientAddresses {
  readonly #proxies: Networks | undefined
  #onUnnamed: ((proxy: string) => void) | undefined

  /** @param onUnnamed told once of a private address that is no named proxy, and sends what proxies send */
  constructor(trustedProxies: readonly string[], onUnnamed?: (proxy: string) => void) {
    if (trustedProxies.length > 0) this.#proxies = new Networks(trustedProxies)
    this.#onUnnamed = onUnnamed
  }

  /** The nearest address that is no trusted proxy's own. */
  of(request: IncomingMessage): string {
    const address = this.peer(request.socket)
    const { "x-forwarded-for": forwarded } = request.headers
    if (forwarded === undefined) return address
    if (this.#proxies?.has(address)) return this.#nearest(address, [forwarded].flat().join(","))
    if (this.#onUnnamed && !this.counted(address)) {
      this.#onUnnamed(address)
      this.#onUnnamed = undefined
    }
    return address
  }

  /**
   * The same before the request is taken apart.
   *
   * @param piece the first of a proxy's connection
   * @returns `undefined` where it does not hold a whole head, or one that names no address
   */
  behind(socket: Socket, piece: Buffer): string | undefined {
    const peer = this.peer(socket)
    const said = forwardedIn(piece)
    const address = said === undefined ? peer : this.#nearest(peer, said)
    return address === peer ? undefined : address
  }

  #nearest(peer: string, header: string): string {
    let address = peer
    const forwarded = header.split(",").map(written)
    while (this.#proxies?.has(address)) {
      const before = forwarded.pop()
      if (before === undefined || isIP(before) === 0) break
      address = before
    }
    return address
  }

  /** Whether the connection comes from a trusted proxy: such a connection serves many people. */
  forwarded({ socket }: IncomingMessage): boolean {
    return this.direct(socket) === undefined
  }

  /** The address at the other end, also of a named proxy. */
  peer({ remoteAddress = "" }: Pick<Socket, "remoteAddress">): string {
    return plain(remoteAddress)
  }

  /** The address at the other end, unless it is a named proxy's. */
  direct(socket: Socket): string | undefined {
    const address = this.peer(socket)
    return this.#proxies?.has(address) ? undefined : address
  }

  counted(address: string): boolean {
    return isIP(address) !== 0 && !UNCOUNTED.has(address)
  }
}

const HEAD_ENDS = Buffer.from("\r\n\r\n")
const LINE_ENDS = Buffer.from("\r\n")
/** As proxies write it. */
const NAMES = ["\r\nX-Forwarded-For:", "\r\nx-forwarded-for:"].map((name) => Buffer.from(name))

/**
 * The line of a head's bytes; of several the values together, as Node has them. What follows the head is not looked at: a
 * client may write there what it likes.
 */
function forwardedIn(piece: Buffer): string | undefined {
  const end = piece.indexOf(HEAD_ENDS)
  if (end < 0) return undefined
  const head = piece.subarray(0, end + LINE_ENDS.length)
  for (const name of NAMES) {
    const values: string[] = []
    for (let at = head.indexOf(name); at >= 0; at = head.indexOf(name, at + name.length)) {
      const from = at + name.length
      values.push(head.toString("latin1", from, head.indexOf(LINE_ENDS, from)))
    }
    if (values.length > 0) return values.join(",")
  }
  return undefined
}
