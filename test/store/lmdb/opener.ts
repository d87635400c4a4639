/** Harms one page after the other of a copy, opens what is left, and reads all of it where that is let. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openLmdb } from "../../../src/store/lmdb/lmdb.ts"

const PAGE = 4096
const sound = readFileSync(process.argv[2] ?? "")
const dir = mkdtempSync(join(tmpdir(), "tributary-opener-"))
const counts = { refused: 0, opened: 0 }
for (let page = 0; page < sound.length / PAGE; page += 7) {
  const harmed = Buffer.from(sound)
  harmed.fill(page % 2 ? 0 : 0xff, page * PAGE, (page + 1) * PAGE)
  writeFileSync(join(dir, "data.mdb"), harmed)
  try {
    const store = await openLmdb({ dir })
    for (let log = 0; log < 7; log += 1) await store.read("app:0", `log${log}`, { limit: 100 })
    await store.close()
    counts.opened += 1
  } catch {
    counts.refused += 1
  }
}
rmSync(dir, { recursive: true, force: true })
process.stdout.write(`${counts.refused} refused, ${counts.opened} opened\n`)
