/** Waits until replicas have what was committed: asked for by a setting, and only then does a commit pay for it. */
import { type PartitionName, StoreUnavailable } from "../contract.ts"
import type { RedisClient } from "./connect.ts"
import { waitKey } from "./key-names.ts"

export interface Replication {
  /** How many replicas must have a commit before it is answered. */
  readonly replicas: number
  /** How long it waits for them, in milliseconds. */
  readonly waitMs: number
}

/** Too few replicas have it. The commit is made on the primary: repeating it finds out whether they have it by then. */
export class NotReplicated extends StoreUnavailable {}

/**
 * WAIT counts what this connection wrote; a commit that was repeated on a new connection wrote nothing there, so
 * something is written first.
 *
 * @throws NotReplicated after `waitMs`
 */
export async function replicated(
  client: RedisClient,
  partition: PartitionName,
  { replicas, waitMs }: Replication,
): Promise<void> {
  const replies = await client.pipeline().set(waitKey(partition), "").wait(replicas, waitMs).exec()
  const [failed] = (replies ?? []).flatMap(([error]) => error ?? [])
  if (failed) throw failed
  const reached = Number(replies?.[1]?.[1])
  if (reached < replicas)
    throw new NotReplicated(`${reached} of ${replicas} replicas had the commit within ${waitMs} ms`)
}
