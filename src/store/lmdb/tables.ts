/** What lies where: eight named databases in one environment, so that one transaction spans them all ([S1]). */
import { type Database, open, type RootDatabase } from "lmdb"

export type Table = Database<Buffer, Buffer>

export interface Tables {
  readonly root: RootDatabase<Buffer, Buffer>
  /** partition, key → version, value */
  readonly records: Table
  /** partition, log, at, n → tag, pointer, value */
  readonly entries: Table
  /** partition, log → where the log ends and begins */
  readonly states: Table
  /** partition, ranking, member → score */
  readonly scores: Table
  /** partition, ranking, score, member → nothing */
  readonly ranks: Table
  /** day, partition, scope, key → the first answer */
  readonly idempotency: Table
  /** when, partition, record or log → the record's version */
  readonly expiring: Table
  /** The last version given to any record. */
  readonly meta: Table
}

/** `cache`, `compression`, `useWritemap` and shared structures stay off: each has lost data in some version of lmdb-js. */
export function openTables(dir: string): Tables {
  // A directory may have a dot in its name: without `noSubdir` that would make it a file.
  // A batch (`batch.ts`) is one transaction already. With its own batching lmdb-js makes a promise that no caller can
  // reach, and when a commit fails, its rejection ends the process.
  const root = open<Buffer, Buffer>({
    path: dir,
    noSubdir: false,
    maxDbs: 32,
    eventTurnBatching: false,
    ...BYTES,
  })
  const table = (name: string): Table => root.openDB<Buffer, Buffer>({ name, ...BYTES })
  return {
    root,
    records: table("records"),
    entries: table("entries"),
    states: table("states"),
    scores: table("scores"),
    ranks: table("places"),
    idempotency: table("once"),
    expiring: table("expiring"),
    meta: table("meta"),
  }
}

const BYTES = { encoding: "binary", keyEncoding: "binary" } as const
