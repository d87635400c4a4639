/**
 * Once, before any test: redis-server and Chromium are there, and the built hub in one file. Test files run side by side,
 * and two of them installing at the same time would lock each other out.
 */
import { ensureChromium } from "./browser/chromium.ts"
import { bundledHub } from "./bundled.ts"
import { ensureRedis } from "./store/redis-server.ts"

export async function setup(): Promise<void> {
  for (const ensure of [ensureRedis, ensureChromium, bundledHub]) {
    try {
      await ensure()
    } catch {
      // The tests that need it fail, with the sentence that says what to do; the others are run.
    }
  }
}
