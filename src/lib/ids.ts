/**
 * Names that cannot be guessed. An id names the partition it was created in, so that its record is found without a
 * directory: `usr_` + 2 characters base 36 + 20 random characters (119 bits).
 */
import { randomBytes, randomFillSync } from "node:crypto"

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const RANDOM_CHARACTERS = 20
const PARTITION_CHARACTERS = 2
const MAX_PARTITIONS = 36 ** PARTITION_CHARACTERS
const ID = new RegExp(`^[a-z]+_[0-9a-z]{${PARTITION_CHARACTERS}}[0-9A-Za-z]{${RANDOM_CHARACTERS}}$`)

/** @throws RangeError if `partition` is no integer from 0 to 1295 */
export function newId<Prefix extends string>(prefix: Prefix, partition: number): `${Prefix}_${string}` {
  if (!Number.isInteger(partition) || partition < 0 || partition >= MAX_PARTITIONS) {
    throw new RangeError(`no id can name partition ${partition}`)
  }
  const where = partition.toString(36).padStart(PARTITION_CHARACTERS, "0")
  return `${prefix}_${where}${randomText(RANDOM_CHARACTERS)}`
}

/**
 * The partition that an id names; `undefined` if no hub made it. The id may come from any client: the
 * partition need not exist.
 */
export function partitionOf(id: string): number | undefined {
  if (!ID.test(id)) return undefined
  const at = id.length - RANDOM_CHARACTERS
  return Number.parseInt(id.slice(at - PARTITION_CHARACTERS, at), 36)
}

/** Random characters of [0-9A-Za-z], each equally likely. */
export function randomText(length: number): string {
  let text = ""
  while (text.length < length) {
    const byte = randomByte()
    if (byte < FAIR) text += BASE62[byte % BASE62.length]
  }
  return text
}

/** Bytes from here on are skipped: they would make the first characters likelier than the others. */
const FAIR = 256 - (256 % BASE62.length)

/** Random bytes in stock: a call of the system's generator costs as much for thousands of bytes as for a few. */
const pool = Buffer.allocUnsafe(4096)
let used = pool.length

function randomByte(): number {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const byte = pool[used] ?? 0
  // A byte is handed out once, and is not left in memory.
  pool[used] = 0
  used += 1
  return byte
}

/** Random bytes as base64url: 32 bytes give 43 characters. */
export function randomToken(bytes: number): string {
  const token = Buffer.allocUnsafe(bytes)
  for (let at = 0; at < bytes; at += 1) token[at] = randomByte()
  return token.toString("base64url")
}

/** Random bytes as lower-case hexadecimal. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString("hex")
}
