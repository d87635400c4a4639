/**
 * The order of test files. What a machine has not run yet is begun with these, the longest first, so that none of them is
 * left alone at the end; browsers, which need the processor, between faults, which mostly wait.
 */
import { existsSync } from "node:fs"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const pathOf = (name: string): URL => new URL(`${name}.test.ts`, import.meta.url)

const LONGEST = [
  "browser/console",
  "app/kill",
  "browser/client-variants",
  "acceptance/faults",
  "acceptance/deployment",
  "browser/widget",
  "acceptance/read-to",
  "simulation/tail-loss",
  "acceptance/hostile",
  "app/races",
  "simulation/simulation",
  "app/crash",
  "store/redis-cluster",
  "browser/host",
  "browser/story",
  "browser/reading",
].map(pathOf)

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = LONGEST.filter((path) => !existsSync(path))
    if (gone.length > 0) throw new Error(`No such tests: ${gone.join()}`)
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex(({ pathname }) => pathname === moduleId)
      return at === -1 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
