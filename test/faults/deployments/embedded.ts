/** One node over its embedded store. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Deployment } from "./deployment.ts"
import { Nodes } from "./killable-nodes.ts"

export async function openEmbedded(): Promise<Deployment> {
  const dir = await mkdtemp(join(tmpdir(), "tributary-faults-"))
  const nodes = await Nodes.start([{ DATA_DIR: dir }])
  return {
    urls: nodes.urls,
    admin: () => nodes.admin(),
    faults: nodes.faults,
    calm: () => nodes.calm(),
    stop: async () => {
      await nodes.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
