/** Many connections, some at a time: a real crowd does not come through one door in one instant. */
import type { Endpoint } from "../wire/connection.ts"

const AT_ONCE = 50

export async function each<T>(
  count: number,
  make: (index: number) => Promise<T>,
  atOnce = AT_ONCE,
): Promise<T[]> {
  const made: T[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) made[index] = await make(index)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work))
  return made
}

/** The devices of a room are spread over the nodes. */
export function endpointOf(endpoints: readonly Endpoint[], room: number, device: number): Endpoint {
  const found = endpoints[(room + device) % endpoints.length]
  if (!found) throw new Error("There is no node to connect to.")
  return found
}

/** Each household has an address of its own: limits per address are not what is measured here. */
export function addressOf(endpoint: Endpoint, room: number): string | undefined {
  if (endpoint.host !== "127.0.0.1") return undefined
  return `127.1.${Math.floor(room / 250) % 250}.${1 + (room % 250)}`
}
