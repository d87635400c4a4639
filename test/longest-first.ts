/**
 * The order of test files. What a machine has not run yet is begun with these, the longest first, so that none of them is
 * left alone at the end; browsers, which need the processor, stand between others, which often wait.
 */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const pathOf = (name: string): string => fileURLToPath(new URL(`${name}.test.ts`, import.meta.url))

const LONGEST = [
  "acceptance/deployment",
  "acceptance/how-far-read",
  "store/redis-cluster",
  "acceptance/killed-nodes",
  "simulation/tail-loss-large",
  "acceptance/strangers",
  "loadtest",
  "acceptance/token-expiry",
  "acceptance/agent-signals",
  "app/kill",
  "acceptance/agent-mark",
  "package/client-package",
  "acceptance/unread-counts",
  "faults/lost-merge",
  "app/large-merge",
  "acceptance/hostile-strings",
  "acceptance/resume",
  "store/lmdb",
  "acceptance/agent-expiry",
  "app/properties",
  "browser/coming-back",
  "app/badges",
  "faults/lost-proof",
  "store/redis-outages",
  "browser/console-conversation",
  "faults/unnoticed-loss",
  "app/races",
  "faults/merge-kills",
  "faults/faults",
  "browser/console",
  "store/redis",
  "acceptance/profile-news",
  "browser/client-tabs",
  "edge/delivery",
  "browser/story",
  "app/crash",
  "browser/reading",
  "acceptance/process",
  "browser/access",
  "browser/client-tabs-at-once",
  "acceptance/limits",
  "store/redis-address",
  "acceptance/budgets",
  "acceptance/merge-api",
  "faults/replicas",
  "browser/widget",
  "browser/multi",
  "readme",
  "browser/client-drafts",
  "browser/host",
  "edge/signals",
  "acceptance/agent-feed",
  "browser/client-token-sources",
  "app/busy",
  "browser/console-inbox",
  "simulation/slow-links",
  "simulation/simulation",
  "browser/demo",
  "acceptance/tokens",
  "acceptance/upgrade",
  "edge/request-budget",
  "acceptance/idempotency",
  "store/redis-followers",
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
