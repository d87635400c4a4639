/** The devices of a user: by channel and id, and when each was last there. */

import type { UserId } from "../protocol/branded.ts"
import { type Channel, channel as channelSchema, type MessageSource } from "../protocol/model.ts"
import type { RankingChange } from "./change-set.ts"
import type { Ranked } from "./ranked.ts"

export interface Device {
  readonly id: string
  readonly channel: Channel
}

/** One member for all devices that are no longer the user's: its score says when the last of them was seen. */
const FORMER = "former"

const memberOf = ({ id, channel }: Device): string => `${channel}/${id}`

/** @returns `undefined` where it only tells when a former device was last seen */
export function deviceNamed(member: string): Device | undefined {
  if (member === FORMER) return undefined
  const [on, ...id] = member.split("/")
  return { id: id.join("/"), channel: channelSchema.parse(on) }
}

/** The device is connected now, or was until now. */
export const deviceSeen = (userId: UserId, device: Device): RankingChange => ({
  of: "devices",
  name: userId,
  member: memberOf(device),
  score: "now",
})

/** The device now belongs to another user or to none: this user was last seen on it now. */
export const deviceGone = (userId: UserId, device: Device): readonly RankingChange[] => [
  { of: "devices", name: userId, member: memberOf(device), score: "out" },
  { of: "devices", name: userId, member: FORMER, score: "now" },
]

/** The device sent a message. Agents, bots and the API have no device. */
export const deviceUsed = (userId: UserId, { channel, deviceId }: MessageSource): readonly RankingChange[] =>
  deviceId === undefined || channel === "agent" || channel === "api"
    ? []
    : [deviceSeen(userId, { id: deviceId, channel })]

/**
 * The devices that a merge brings along. A device that both users had keeps the later of the two times.
 *
 * @param brought with their scores: when each was last seen, Unix milliseconds
 */
export function devicesBrought(
  survivorId: UserId,
  brought: readonly Ranked[],
  own: readonly Ranked[],
): RankingChange[] {
  const known = new Map(own.map(({ member, score }) => [member, score]))
  return brought
    .filter(({ member, score }) => score > (known.get(member) ?? Number.NEGATIVE_INFINITY))
    .map(({ member, score }) => ({ of: "devices", name: survivorId, member, score }))
}
