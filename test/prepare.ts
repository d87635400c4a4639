/**
 * Once, before any test: redis-server and Chromium are there. Test files run side by side, and two of them installing at
 * the same time would lock each other out.
 */
import { ensureChromium } from "./browser/chromium.ts"
import { ensureRedis } from "./store/redis-server.ts"

export function setup(): void {
  for (const ensure of [ensureRedis, ensureChromium]) {
    try {
      ensure()
    } catch {
      // The tests that need it fail, with the sentence that says what to do; the others are run.
    }
  }
}
