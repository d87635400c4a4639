/**
 * The order of test files. What a machine has not run yet is begun with these, the longest first, so that none of them is
 * left alone at the end; browsers, which need the processor, stand between others, which often wait.
 */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const pathOf = (name: string): string => fileURLToPath(new URL(`${name}.test.ts`, import.meta.url))

const LONGEST = [
  "acceptance/killed-nodes",
  "store/redis-cluster",
  "browser/client-tabs",
  "package/client-package",
  "acceptance/unread-counts",
  "acceptance/deployment",
  "browser/client-tabs-at-once",
  "app/busy",
  "acceptance/agent-mark",
  "loadtest",
  "browser/console",
  "acceptance/hostile-strings",
  "readme",
  "faults/lost-merge",
  "browser/client-drafts",
  "acceptance/process",
  "store/lmdb",
  "edge/delivery",
  "browser/console-inbox",
  "app/badges",
  "app/kill",
  "faults/lost-proof",
  "browser/console-conversation",
  "simulation/slow-links",
  "acceptance/strangers",
  "acceptance/merge-api",
  "browser/story",
  "simulation/tail-loss-large",
  "acceptance/budgets",
  "app/large-merge",
  "browser/host",
  "edge/request-budget",
  "app/crash",
  "acceptance/how-far-read",
  "browser/widget",
  "acceptance/agent-signals",
  "acceptance/resume",
  "app/races",
  "browser/reading",
  "acceptance/agent-feed",
  "acceptance/upgrade",
  "acceptance/token-expiry",
  "browser/access",
  "acceptance/handshake",
  "simulation/simulation",
  "acceptance/replay",
].map(pathOf)

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = LONGEST.filter((path) => !existsSync(path))
    if (gone.length > 0) throw new Error(`No such tests: ${gone.join()}`)
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.indexOf(moduleId)
      return at === -1 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
