/** Reads the built widget and pages into memory, once at the start: they are small. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { digest } from "../../lib/hash.ts"

export interface WebFile {
  readonly type: string
  readonly plain: Buffer
  readonly brotli?: Buffer
  readonly gzip?: Buffer
  /** Names the content (ETag), for requests that ask whether it has changed. */
  readonly tag: string
}

/** Path below the folder, with slashes (`assets/widget-x1.js`) → file. */
export type WebFiles = ReadonlyMap<string, WebFile>

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  json: "application/json; charset=utf-8",
  map: "application/json; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  woff2: "font/woff2",
}

/** @returns `undefined` if nothing was built */
export function readWebFiles(dir: string): WebFiles | undefined {
  if (!existsSync(dir)) return undefined
  const files = new Map<string, WebFile>()
  const paths = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const known = new Set(paths)
  const beside = (path: string): Buffer | undefined => (known.has(path) ? readFileSync(path) : undefined)
  for (const path of paths) {
    const type = TYPES[path.slice(path.lastIndexOf(".") + 1)]
    if (type === undefined) continue
    const plain = readFileSync(path)
    const brotli = beside(`${path}.br`)
    const gzip = beside(`${path}.gz`)
    const name = relative(dir, path).split(sep).join("/")
    files.set(name, {
      type,
      plain,
      tag: `W/"${digest(plain.toString("latin1"))}"`,
      ...(brotli && { brotli }),
      ...(gzip && { gzip }),
    })
  }
  return files
}
