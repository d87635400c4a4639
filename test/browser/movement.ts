/** What moves on a page. */
import type { Locator } from "playwright-core"

/** The longest animation or transition of an element and of all that lies in it, in seconds. */
export const longestMovement = (within: Locator): Promise<number> =>
  within.evaluate((whole) =>
    Math.max(
      ...[whole, ...whole.querySelectorAll("*")].flatMap((element) => {
        const { animationDuration, transitionDuration } = getComputedStyle(element)
        return `${animationDuration},${transitionDuration}`.split(",").map(Number.parseFloat)
      }),
    ),
  )
