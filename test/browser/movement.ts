/** What moves on a page. */
import type { Locator, Page } from "playwright-core"

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

/** What moves has come to rest, or a picture shows it, and colours are measured, half faded. */
export const rest = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    // A document tells nothing of what moves in the shadows: each is asked.
    const trees = (root: Document | ShadowRoot): (Document | ShadowRoot)[] => [
      root,
      ...[...root.querySelectorAll("*")].flatMap(({ shadowRoot }) => (shadowRoot ? trees(shadowRoot) : [])),
    ]
    const moving = (): Animation[] =>
      trees(document)
        .flatMap((tree) => tree.getAnimations())
        .filter(
          ({ playState, effect }) =>
            playState === "running" && effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY,
        )
    for (let now = moving(); now.length > 0; now = moving())
      await Promise.all(now.map(({ finished }) => finished.catch(() => null)))
  })
