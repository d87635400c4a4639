/**
 * Once, before any test: redis-server is there. Test files run side by side, and two of them installing it at the
 * same time would lock each other out.
 */
import { ensureRedis } from "./store/redis-server.ts"

export function setup(): void {
  try {
    ensureRedis()
  } catch {
    // The tests that need it fail, with the sentence that says what to do; the others are run.
  }
}
