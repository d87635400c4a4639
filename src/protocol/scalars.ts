/**
 * Chapter 1: the protocol. What travels between a device and the hub is described here once, as zod schemas;
 * types, validation and the protocol's fingerprint are derived from them.
 *
 * This file holds the scalars (docs/protocol.md 2). Lengths count Unicode code points.
 */
import { z } from "zod"

const codePoints = (text: string): number => {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/** Text of `min` to `max` code points. Well-formedness is checked for whole bodies (`untrusted.ts`). */
export const text = (min: number, max: number) =>
  z
    .string()
    .refine((value) => value.length >= min && (value.length <= max || codePoints(value) <= max), {
      message: `must have ${min} to ${max} characters`,
    })
    .meta({ minLength: min, maxLength: max })

/** An opaque id of the hub: prefix and random part, at most 64 characters. */
export const id = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, { message: "must be an id: 1 to 64 of [A-Za-z0-9_-]" })

/** Integer Unix milliseconds. */
export const time = z.int().nonnegative()

/**
 * Comparing positions as strings gives the order of messages. The hub's own have a fixed width; a client may send
 * shorter ones.
 */
export const position = z
  .string()
  .regex(/^[0-9A-Za-z]{1,64}$/, { message: "must be a position as a message carries it" })

/** Opaque; names one event of one feed. */
export const cursor = z.string().min(1).max(2048)

export const limit = z.int().min(1).max(100)

export const localId = text(1, 64)
export const deviceId = text(1, 64)

/** Only the form is checked: whether the address exists cannot be seen here. */
export const email = text(1, 128).refine((value) => /^[^\s@]+@[^\s@]+$/.test(value), {
  message: "must be an email address",
})

/**
 * What two spellings of one address have in common: neither capitals nor how a letter with an accent is composed
 * matters. Addresses are kept as they were given, and compared by this.
 */
export const emailKey = (address: string): string => address.normalize("NFC").toLowerCase().normalize("NFC")

export const METADATA_BYTES = 4096

/** Flat facts (string, number, boolean), at most 4,096 bytes as JSON. */
export const metadata = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .refine((value) => byteLength(JSON.stringify(value)) <= METADATA_BYTES, {
    message: `must not exceed ${METADATA_BYTES} bytes`,
  })

/** Bytes of a string in UTF-8. */
export function byteLength(value: string): number {
  // Read once: where strings of several representations come by, V8 looks it up again in each round of the loop.
  const { length } = value
  let bytes = length
  for (let at = 0; at < length; at++) {
    const unit = value.charCodeAt(at)
    if (unit < 0x80) continue
    // Of a pair of surrogates, four bytes for two units; a lone one is written as three.
    const paired = unit >= 0xd800 && unit < 0xdc00 && isLow(value.charCodeAt(at + 1))
    if (paired) at += 1
    bytes += paired || unit >= 0x800 ? 2 : 1
  }
  return bytes
}

const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000
