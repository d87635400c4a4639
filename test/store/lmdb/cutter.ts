/** Cuts the file of an open store to each of many lengths, and asks the store for everything it can be asked for. */
import { mkdtempSync, rmSync, statSync, truncateSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openLmdb } from "../../../src/store/lmdb/lmdb.ts"

const P = "app:0"
let sentences = 0
let answers = 0
for (const part of [0, 0, 0.001, 0.05, 0.3, 0.6, 0.9, 0.999]) {
  for (const busy of [false, true]) {
    const dir = mkdtempSync(join(tmpdir(), "tributary-cutter-"))
    const file = join(dir, "data.mdb")
    const store = await openLmdb({ dir, onGone: () => (sentences += 1) })
    const add = (n: number) =>
      store.commit(P, { append: [{ log: `log${n % 7}`, value: Buffer.alloc(900, n) }] })
    for (let n = 0; n < 60; n += 1) await add(n)
    const flying = busy ? [add(1), add(2)] : []
    if (busy) await Promise.all(flying)
    truncateSync(file, Math.floor(statSync(file).size * part))
    const asked = [
      () => store.read(P, "log1", { limit: 100 }),
      () => add(3),
      () => store.load(P, ["key"]),
      () => store.ping(),
      () => store.head(P, "log2"),
    ]
    for (const ask of busy ? asked.reverse() : asked)
      await ask().then(
        () => (answers += 1),
        () => undefined,
      )
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  }
}
process.stdout.write(`${sentences} sentences, ${answers} answers\n`)
