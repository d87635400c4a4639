/** A hub over a store that the test has built: one node for each address it is given. */
import { Hub } from "../acceptance/harness.ts"
import { ADMIN_TOKEN, type Environment, SESSION_SECRET, startNode } from "../acceptance/hub-process.ts"

export async function startHubOver(
  urls: readonly string[],
  extra: Environment,
  release: () => Promise<void>,
): Promise<Hub> {
  const environment = {
    NODE_ENV: "production",
    HOST: "127.0.0.1",
    PORT: "0",
    ADMIN_TOKEN,
    SESSION_SECRET,
    ...extra,
  }
  const hub = new Hub(environment, release)
  try {
    for (const url of urls) hub.nodes.push(await startNode({ ...environment, REDIS_URL: url }))
    return hub
  } catch (error) {
    await hub.stop()
    throw error
  }
}
