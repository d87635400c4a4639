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
  "acceptance/killed-nodes",
  "simulation/tail-loss-large",
  "acceptance/strangers",
  "acceptance/how-far-read",
  "browser/widget",
  "store/redis-cluster",
  "loadtest",
  "browser/story",
  "app/send-order",
  "app/kill",
  "acceptance/idempotency",
  "browser/access",
  "acceptance/process",
  "app/crash",
  "browser/console",
  "package/client-package",
  "store/redis",
  "browser/reading",
  "edge/delivery",
  "faults/faults",
  "browser/client-drafts",
  "acceptance/agent-mark",
  "acceptance/agent-signals",
  "browser/console-conversation",
  "app/ticket-list",
  "acceptance/resume",
  "faults/unasked-fail-over",
  "browser/host",
  "acceptance/replay",
  "app/crowd",
  "browser/client-tabs",
  "acceptance/unread-counts",
  "readme",
  "browser/flood",
  "faults/lost-merge",
  "faults/merge-kills",
  "browser/client-tabs-at-once",
  "app/badges",
  "acceptance/hostile-strings",
  "browser/multi",
  "faults/lost-proof",
  "acceptance/privacy",
  "browser/coming-back",
  "acceptance/external-ids",
  "client/deployed-sign-in",
  "browser/new-messages",
  "acceptance/token-expiry",
  "faults/replicas",
  "acceptance/tokens",
  "app/busy",
  "simulation/slow-links",
  "faults/planted",
  "acceptance/bounded-work",
  "browser/console-inbox",
  "edge/intake",
  "store/redis-followers",
  "acceptance/agent-tickets",
  "app/large-merge",
  "acceptance/limits",
  "store/redis-address",
  "faults/unnoticed-loss",
  "app/races",
  "simulation/long-days",
  "store/redis-outages",
  "acceptance/budgets",
  "app/listed-once",
  "store/lmdb",
  "acceptance/conversation-commands",
  "acceptance/agent-expiry",
  "acceptance/agent-merge",
  "app/calls",
  "acceptance/agent-join",
  "browser/demo",
  "app/repeated-as-person",
  "browser/client-token-sources",
  "acceptance/merge-api",
  "edge/signals",
  "acceptance/merge-single",
  "app/properties",
  "app/folds",
  "app/known-readings",
  "acceptance/profile-news",
  "simulation/simulation",
  "acceptance/agent-replay",
  "acceptance/slow",
  "acceptance/agent-feed",
  "edge/request-budget",
  "acceptance/merge-multi",
  "acceptance/handshake",
  "simulation/tail-loss",
  "acceptance/agent-lifecycle",
  "store/lmdb-file",
  "acceptance/upgrade",
  "acceptance/packets",
  "edge/shared-redis",
  "acceptance/logout",
  "terminal-demo",
  "acceptance/agent-search",
  "docs/glossary",
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
