/** The changes of a user's identity, for agents: when they were upgraded, and who was merged into them (docs/protocol.md 6). */
import { deviceNamed } from "../../domain/device.ts"
import type { AgentDevice, IdentityChange } from "../../protocol/agent.ts"
import type { App } from "../app.ts"
import type { ResolvedUser } from "../user-data.ts"

/** The latest of them, if there are more. */
const MAX_MERGES = 50
const MAX_DEVICES = 20

export async function identityHistory(
  app: App,
  { partition, record }: ResolvedUser,
): Promise<IdentityChange[]> {
  const aliases = await partition.rank("aliases", record.id, { limit: MAX_MERGES })
  const merged = await Promise.all(
    aliases.map(async ({ member }): Promise<IdentityChange[]> => {
      const discarded = (await app.homePartition(member)?.get("user", member))?.value
      const merge = discarded?.mergeState
      return merge ? [{ kind: "merged", at: merge.at, reason: merge.reason, discardedId: member }] : []
    }),
  )
  const { upgradedAt } = record
  const upgraded: IdentityChange[] = upgradedAt === undefined ? [] : [{ kind: "upgraded", at: upgradedAt }]
  return [...upgraded, ...merged.flat()].sort((a, b) => a.at - b.at)
}

/** By last use. The device's id is left out: another client could send under it. */
export async function devicesOf({ partition, record }: ResolvedUser): Promise<AgentDevice[]> {
  const devices = await partition.rank("devices", record.id, { limit: MAX_DEVICES })
  return devices.flatMap(({ member, score }) => {
    const device = deviceNamed(member)
    return device ? [{ channel: device.channel, lastSeenAt: score }] : []
  })
}
