/**
 * Once, before any test: redis-server and Chromium are there, and the built hub and the client in one file each. Test
 * files run side by side, and two of them installing at the same time would lock each other out.
 */
import { ensureChromium } from "./browser/chromium.ts"
import { browserClient, bundledHub } from "./bundled.ts"
import { ensureRedis } from "./store/redis-server.ts"

export async function setup(): Promise<void> {
  for (const ensure of [ensureRedis, ensureChromium, bundledHub, browserClient]) {
    try {
      await ensure()
    } catch {
      // The tests that need it fail, with the sentence that says what to do; the others are run.
    }
  }
}
