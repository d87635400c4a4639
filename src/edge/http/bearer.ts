/** Callers that show the token which the operator gave out. */
import { createHash, timingSafeEqual } from "node:crypto"
import { HubError } from "../../protocol/errors.ts"

/** Compares digests, so the time it takes tells neither the token nor its length. */
export function bearerTest(token: string): (authorization: string | undefined) => boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest()
  const expected = digest(token)
  return (authorization = "") => {
    const given = /^Bearer +(.+)$/i.exec(authorization)?.[1] ?? ""
    return timingSafeEqual(digest(given), expected)
  }
}

/**
 * @param name what the operator knows the token by
 * @returns throws HubError `forbidden` for any other header than `Bearer <token>`
 */
export function bearerCheck(token: string, name: string): (authorization: string | undefined) => void {
  const shown = bearerTest(token)
  return (authorization) => {
    if (!shown(authorization))
      throw new HubError("forbidden", `This path wants the header Authorization: Bearer ${name}.`)
  }
}
