/** Hashes of texts of any length and alphabet: short, uniform, safe as part of a key. */
import { createHash } from "node:crypto"

/** 22 characters of [A-Za-z0-9_-]: 128 bits of SHA-256. */
export function digest(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("base64url").slice(0, 22)
}

/** A number from 0 to `count` - 1 that depends on nothing but the text. */
export function bucket(text: string, count: number): number {
  if (count === 1) return 0
  return createHash("sha256").update(text, "utf8").digest().readUInt32BE(0) % count
}
