/**
 * The order of test files. What a machine has not run yet is begun with these, the longest first, so that none of them is
 * left alone at the end; browsers, which need the processor, stand between others, which often wait.
 */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const pathOf = (name: string): string => fileURLToPath(new URL(`${name}.test.ts`, import.meta.url))

const LONGEST = [
  "browser/console-conversation",
  "browser/console-inbox",
  "browser/console",
  "simulation/tail-loss",
  "acceptance/hostile-strings",
  "browser/client-tabs-at-once",
  "acceptance/killed-nodes",
  "loadtest",
  "acceptance/agent-replay",
  "app/kill",
  "browser/widget",
  "simulation/simulation",
  "store/redis-cluster",
  "acceptance/how-far-read",
  "app/races",
  "browser/story",
  "acceptance/replay",
  "acceptance/deployment",
  "browser/host",
  "acceptance/token-expiry",
  "browser/access",
  "app/crash",
  "browser/reading",
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
