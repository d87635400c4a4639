/** What another process will do, and does not tell: asked again until it is so, with a deadline. */
import { setTimeout as delay } from "node:timers/promises"

const EVERY_MS = 40

export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadlineMs = 20_000,
  everyMs = EVERY_MS,
): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms for ${what}`)
    await delay(everyMs)
  }
}
