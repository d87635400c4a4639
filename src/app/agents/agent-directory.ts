/** The agents who have connected to an app: so that a ticket can be assigned to a colleague by name. */
import { digest } from "../../lib/hash.ts"
import { lately } from "../../lib/lately.ts"
import type { Agent, AgentResult } from "../../protocol/agent.ts"
import { ref } from "../../repository/partition.ts"
import { transact } from "../../repository/transact.ts"
import type { App } from "../app.ts"

/** Connecting again within this time writes nothing. */
const SEEN_AGAIN_MS = 3_600_000
const MAX_AGENTS = 500

/** An agent has connected. Two consoles that connect at once write the same. */
export function rememberAgent(app: App, { id, name }: Agent, now: number): Promise<void> {
  const partition = app.partition(0)
  const key = digest(id)
  const value = { id, ...(name !== undefined && { name }), lastSeenAt: now }
  return transact<void>(app, "agent", async (reads) => {
    const known = await reads.get(partition, "agent", key)
    const before = known.value
    if (before && before.name === name && lately(before.lastSeenAt, now, SEEN_AGAIN_MS))
      return { answer: undefined }
    return {
      partition,
      changeSet: {
        expect: [known],
        put: [{ kind: "agent", id: key, value }],
        rank: [{ of: "agents", name: "", member: key, score: now }],
      },
      committed: () => undefined,
    }
  })
}

/** The agent who connected last goes first. */
export async function listAgents(app: App): Promise<AgentResult<"agent:list">> {
  const partition = app.partition(0)
  const members = await partition.rank("agents", "", { limit: MAX_AGENTS })
  const known = await partition.load(...members.map(({ member }) => ref("agent", member)))
  return {
    agents: known.flatMap(({ value }) =>
      value
        ? [
            {
              id: value.id,
              ...(value.name !== undefined && { name: value.name }),
              lastSeenAt: value.lastSeenAt,
            },
          ]
        : [],
    ),
  }
}
