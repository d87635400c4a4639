/** A process whose files may not grow beyond a limit set from outside: commits until the disk is full, and says so. */
import { openLmdb } from "../../../src/store/lmdb/lmdb.ts"

const P = "app1:0"
const store = await openLmdb({ dir: process.argv[2] ?? "" })
const value = new Uint8Array(1_000_000)
let failures = 0
for (let k = 1; failures < 2; k += 1) {
  try {
    await store.commit(P, { put: [["last", Buffer.from(String(k))]], append: [{ log: "log", value }] })
    console.log("kept", k)
  } catch (error) {
    failures += 1
    console.log(error instanceof Error ? error.name : error)
  }
}
const small = { put: [["small", Buffer.from("x")]] } as const
console.log(await store.commit(P, small).then(() => "kept a small one"))
await store.close()
console.log("closed")
