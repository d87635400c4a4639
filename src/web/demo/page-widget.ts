/** A page's commands to the widget, and where the demo's pages get tokens from: a real one asks its own back end. */
export type Order = readonly [command: string, ...args: unknown[]]

type Tributary = ((...order: Order) => void) & { q?: Order[] }

/** May be called before the widget's script has come: that performs the commands in `q`. */
export function tributary(...order: Order): void {
  // The boundary: the name that the widget's script takes in a page.
  const page = globalThis as unknown as { tributary?: Tributary }
  page.tributary ??= Object.assign((...later: Order) => void page.tributary?.q?.push(later), { q: [] })
  page.tributary(...order)
}

export async function token(query: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(`/dev/token?${new URLSearchParams(query)}`)
  // The boundary: the hub's own answer.
  const { jwt } = (await answer.json()) as { jwt: string }
  return jwt
}

export const PEOPLE = {
  mira: { externalId: "mira", name: "Mira Lang", email: "mira@example.com", emailVerified: "true" },
  jonas: { externalId: "jonas", name: "Jonas Berg", email: "jonas@example.com", emailVerified: "true" },
} as const

export type PersonName = keyof typeof PEOPLE
export const isPersonName = (name: unknown): name is PersonName => typeof name === "string" && name in PEOPLE
