/** IP addresses and networks of them, as operators write them: `203.0.113.7`, `10.0.0.0/8`, `fc00::/7`. */
import { BlockList, isIP } from "node:net"
import { memoized } from "./memoized.ts"

const mostBits = (address: string): number => (isIP(address) === 6 ? 128 : 32)

export function isNetwork(text: string): boolean {
  const [address = "", bits = "0", ...more] = text.split("/")
  return (
    more.length === 0 && isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= mostBits(address)
  )
}

/**
 * What one customer of a provider has: an address of IPv4, or the 64 leading bits of IPv6, behind which there are more
 * addresses than can be counted one by one.
 */
export function customerOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [left = "", right] = address.split("::")
  const leading = groupsOf(left)
  const trailing = right === undefined ? [] : groupsOf(right)
  const dotted = address.includes(".") ? 1 : 0
  const zeros = Array<string>(Math.max(0, 8 - leading.length - trailing.length - dotted)).fill("0")
  const network = [...leading, ...zeros, ...trailing].slice(0, 4).map((group) => Number.parseInt(group, 16))
  return `${network.map((group) => group.toString(16)).join(":")}::/64`
}
const groupsOf = (text: string): string[] => text.split(":").filter((group) => group !== "")

export class Networks {
  readonly #list = new BlockList()

  /** @throws Error for what is neither an address nor a network */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      if (!isNetwork(network)) throw new Error(`${network} is neither an address nor a network`)
      const [address = "", bits = mostBits(address)] = network.split("/")
      this.#list.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4")
    }
  }

  /** Whether an address lies in one of them; what is no address lies in none. Asked several times of each connection. */
  readonly has = memoized((address: string): boolean => {
    const version = isIP(address)
    return version !== 0 && this.#list.check(address, version === 6 ? "ipv6" : "ipv4")
  })
}
