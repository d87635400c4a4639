/**
 * Checks of the data file before LMDB maps it, and while it is mapped. Reading what is missing or damaged in a mapped file is
 * not an error that LMDB reports but a signal that ends the process without a message; so the file is read as bytes first.
 *
 * The layout is that of LMDB's data version 2, little endian: two meta pages, then pages of B-trees. Every page begins
 * with its number, a transaction, its kind and the bounds of its free space.
 */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
} from "node:fs"
import { join } from "node:path"

const FILES = ["data.mdb", "lock.mdb"]
const MAGIC = 0xbeefc0de
const VERSION = 2
const HEADER = 24
const META_BYTES = 168
const DB_BYTES = 48
const ROOT = 40
const NO_PAGE = 0xffffffffffffffffn
const BRANCH = 1
const LEAF = 2
const BIG_DATA = 1
const SUB_DATA = 2
const OVERLAPPING_SYNC = 0x1000
/** Pages that are read, about 80 MB. Of further ones only the place is checked: whether they lie within the file. */
const MAX_PAGES_READ = 20_000

class Damage extends Error {}

/**
 * @throws Error with one sentence where LMDB must not be let near what lies in the directory; the system's own, with the path,
 * where this user may not write to it
 */
export function inspectDataFile(dir: string): void {
  const path = join(dir, "data.mdb")
  const lock = join(dir, "lock.mdb")
  const locked = inspectLockFile(lock)
  if (!isThere(path)) {
    if (!locked) return
    throw new Error(
      `The data file ${path} is gone, and ${lock} says that there was one: put a backup in its place, or remove the other to begin with an empty store.`,
    )
  }
  try {
    const size = sizeOf(path)
    if (size === 0) throw new Damage("is empty")
    walkFile(path, size)
  } catch (error) {
    if (!(error instanceof Damage || error instanceof RangeError)) throw error
    const what = error instanceof Damage ? error.message : "is damaged"
    throw new Error(
      `The data file ${path} ${what}: put a backup in its place, or move it away to begin with an empty store.`,
    )
  }
}

/**
 * A lock file that LMDB cannot open ends the process without a word. What it holds does not matter.
 *
 * @returns whether there is one
 */
function inspectLockFile(path: string): boolean {
  try {
    if (!isThere(path)) return false
    sizeOf(path)
    return true
  } catch (error) {
    if (!(error instanceof Damage)) throw error
    throw new Error(`The lock file ${path} ${error.message}: remove it, LMDB makes another.`)
  }
}

/** A link that leads nowhere is there, too. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Of a file that may be read and written. A pipe must not be opened: that would wait for its other end. */
function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) throw new Damage("is a link that leads nowhere")
  if (!stat.isFile()) throw new Damage("is no file")
  accessSync(path, constants.R_OK | constants.W_OK)
  return stat.size
}

function walkFile(path: string, size: number): void {
  const fd = openSync(path, "r")
  try {
    walk(fd, size, pickMeta(fd))
  } finally {
    closeSync(fd)
  }
}

interface Meta {
  readonly pageBytes: number
  readonly flags: number
  readonly roots: readonly bigint[]
  readonly lastPage: bigint
  readonly transaction: bigint
  readonly boot: bigint
}

function bytesAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  if (readSync(fd, bytes, 0, length, position) < length) throw new Damage("is cut off")
  return bytes
}

function metaAt(fd: number, position: number): Meta | undefined {
  const bytes = bytesAt(fd, position, META_BYTES - HEADER)
  if (bytes.readUInt32LE(0) !== MAGIC) return undefined
  if (bytes.readUInt32LE(4) !== VERSION) throw new Damage("has another format than this version reads")
  return {
    pageBytes: bytes.readUInt32LE(24),
    flags: bytes.readUInt16LE(28),
    roots: [bytes.readBigUInt64LE(24 + ROOT), bytes.readBigUInt64LE(24 + DB_BYTES + ROOT)],
    lastPage: bytes.readBigUInt64LE(24 + 2 * DB_BYTES),
    transaction: bytes.readBigUInt64LE(32 + 2 * DB_BYTES),
    boot: bytes.readBigInt64LE(40 + 2 * DB_BYTES),
  }
}

/** The state that LMDB will open: the newest; after a crash of the machine the newest that is known to be on disk. */
function pickMeta(fd: number): Meta {
  const first = metaAt(fd, HEADER)
  const { pageBytes } = first ?? { pageBytes: 0 }
  if (!first || pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0)
    throw new Damage("was not written by this hub, or is damaged at its beginning")
  const second = metaAt(fd, pageBytes + HEADER)
  if (!second) throw new Damage("is damaged at its beginning")
  const flushed = metaAt(fd, HEADER + pageBytes / 2)
  const boot = bootOf(first)
  const pick = (a: Meta, b: Meta): Meta => {
    const [older, newer] = a.transaction >= b.transaction ? [b, a] : [a, b]
    if (b.transaction === 0n) return a
    const sure = (newer.boot !== 0n && newer.boot === boot) || (newer.flags & OVERLAPPING_SYNC) === 0
    return sure ? newer : older
  }
  const latest = pick(first, second)
  return flushed && flushed.pageBytes === pageBytes ? pick(latest, flushed) : latest
}

/**
 * The id of this boot of the machine, as LMDB reads it. Where the system does not tell it, the file is taken to be of
 * this boot.
 */
function bootOf({ boot }: Meta): bigint {
  try {
    return BigInt(`0x${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8)}`)
  } catch {
    return boot
  }
}

/** Follows the trees from their roots, and checks each page that they name. */
function walk(fd: number, size: number, { pageBytes, roots, lastPage }: Meta): void {
  const check = ({ page, pages = 1n }: Pointer): void => {
    if (page < 2n || page + pages - 1n > lastPage) throw new Damage("is damaged")
    if ((page + pages) * BigInt(pageBytes) > BigInt(size)) throw new Damage("is cut off")
  }
  const queue = roots.filter((root) => root !== NO_PAGE)
  for (const page of queue) check({ page })
  for (let read = 0; read < queue.length && read < MAX_PAGES_READ; read += 1) {
    const found = pageAt(fd, queue[read] ?? 0n, pageBytes)
    for (const pointer of pointersIn(found, pageBytes)) {
      check(pointer)
      if (pointer.pages === undefined) queue.push(pointer.page)
    }
  }
}

/** A page of a tree, or so many pages of one large value: these name no others. */
interface Pointer {
  readonly page: bigint
  readonly pages?: bigint
}

function pageAt(fd: number, number: bigint, pageBytes: number): Buffer {
  const page = bytesAt(fd, Number(number) * pageBytes, pageBytes)
  const { kind, lower, upper } = headerOf(page)
  const sound = page.readBigUInt64LE(0) === number && (kind & (BRANCH | LEAF)) !== 0
  if (!sound || lower > upper || upper > pageBytes - HEADER) throw new Damage("is damaged")
  return page
}

/** Free space lies between `lower` and `upper`. */
const headerOf = (page: Buffer) => ({
  kind: page.readUInt16LE(18),
  lower: page.readUInt16LE(20),
  upper: page.readUInt16LE(22),
})

/** The pages that a page names: those below a branch, and of a leaf large values and the trees within it. */
function pointersIn(page: Buffer, pageBytes: number): Pointer[] {
  const { kind, lower } = headerOf(page)
  const pointers: Pointer[] = []
  for (let at = HEADER; at < HEADER + lower; at += 2) {
    const node = page.readUInt16LE(at) + HEADER
    const low = page.readUInt32LE(node)
    const flags = page.readUInt16LE(node + 4)
    const data = node + 8 + page.readUInt16LE(node + 6)
    if ((kind & BRANCH) !== 0) pointers.push({ page: BigInt(low) + BigInt(flags) * 2n ** 32n })
    else if ((flags & BIG_DATA) !== 0)
      pointers.push({
        page: page.readBigUInt64LE(data),
        pages: BigInt(Math.ceil((HEADER + low) / pageBytes)),
      })
    else if ((flags & SUB_DATA) !== 0) {
      const root = page.readBigUInt64LE(data + ROOT)
      if (root !== NO_PAGE) pointers.push({ page: root })
    }
  }
  return pointers
}

/** Only the hub's own user may read what people wrote. */
export function keepPrivate(dir: string): void {
  for (const name of FILES) chmodSync(join(dir, name), 0o600)
}

/**
 * @returns a function that tells whether the open file is still the one in the directory, and whole: a deleted or replaced
 * one keeps nothing, and LMDB never makes it shorter
 */
export function watchDataFile(dir: string): () => boolean {
  const path = join(dir, "data.mdb")
  const { ino, size } = statSync(path)
  const leastBytes = metaPagesBytes(path)
  let bytes = size
  let there = true
  return () => {
    if (!there) return false
    const now = statSync(path, { throwIfNoEntry: false })
    there = now !== undefined && now.ino === ino && now.size >= bytes
    bytes = now?.size ?? 0
    if (now?.ino === ino && bytes < leastBytes) makeLonger(path, leastBytes)
    return there
  }
}

function metaPagesBytes(path: string): number {
  const fd = openSync(path, "r")
  try {
    return 2 * (metaAt(fd, HEADER)?.pageBytes ?? 0)
  } finally {
    closeSync(fd)
  }
}

/**
 * LMDB reads its first two pages once more when the process ends. In a file that is shorter than they are nothing is left
 * that could be kept: it gets zeros in their place, and the next start refuses it.
 */
function makeLonger(path: string, bytes: number): void {
  try {
    truncateSync(path, bytes)
  } catch {
    // It is gone by now, or may not be written: then the process ends as LMDB ends it.
  }
}
