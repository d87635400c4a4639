/** A JWT as the hub's users and agents bring it (docs/protocol.md 4.1), made without a library: generators make thousands. */
import { createHmac } from "node:crypto"

export interface TokenKey {
  readonly kid: string
  readonly secret: string
}

const LIFE_SECONDS = 3600
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

export function sign({ kid, secret }: TokenKey, claims: object): string {
  const now = Math.floor(Date.now() / 1000)
  const head = part({ alg: "HS256", typ: "JWT", kid })
  const body = part({ ...claims, iat: now - 1, exp: now + LIFE_SECONDS })
  const signature = createHmac("sha256", secret).update(`${head}.${body}`).digest("base64url")
  return `${head}.${body}.${signature}`
}
