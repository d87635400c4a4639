/**
 * On a phone the window is what can be seen of the page, less the keyboard: a browser tells it only by script. The page
 * beneath stands still meanwhile.
 */
import { lockPage } from "./page-lock.ts"

const PHONE = "(max-width: 480px), (max-height: 480px)"

/** @returns stops following the viewport */
export function fitViewport(panel: HTMLElement): () => void {
  const phone = matchMedia(PHONE)
  const { visualViewport } = window
  let corner = { left: 0, top: 0 }
  let unlock: (() => void) | undefined

  const set = (measures: Readonly<Record<string, number>>): void => {
    // Older browsers do not tell by how much the page's own styles enlarge all lengths.
    const enlarged = panel.currentCSSZoom ?? 1
    for (const [name, pixels] of Object.entries(measures))
      panel.style.setProperty(`--viewport-${name}`, `${pixels / enlarged}px`)
  }
  const fill = ({ width, height, offsetLeft, offsetTop, pageLeft, scale }: VisualViewport): void => {
    // Who zooms in sees a part of the window, which stays as it is; the whole of a page too wide is seen below 1.
    const zoomedIn = scale > 1.01 ? scale : 1
    if (zoomedIn === 1) corner = { left: offsetLeft, top: offsetTop }
    set({ ...corner, width: width * zoomedIn, height: height * zoomedIn })
    // Of a page too wide that runs from right to left, what is fixed begins elsewhere than what is seen.
    const astray = panel.getBoundingClientRect().left - (pageLeft - scrollX)
    if (zoomedIn > 1 || Math.abs(astray) < 1) return
    corner.left -= astray
    set(corner)
  }
  const release = (): void => {
    unlock?.()
    unlock = undefined
  }
  const adjust = (): void => {
    if (phone.matches) {
      panel.setAttribute("aria-modal", "true")
      if (visualViewport) fill(visualViewport)
      unlock ??= lockPage()
    } else {
      panel.removeAttribute("aria-modal")
      release()
    }
  }
  adjust()
  phone.addEventListener("change", adjust)
  visualViewport?.addEventListener("resize", adjust)
  visualViewport?.addEventListener("scroll", adjust)
  return () => {
    phone.removeEventListener("change", adjust)
    visualViewport?.removeEventListener("resize", adjust)
    visualViewport?.removeEventListener("scroll", adjust)
    release()
  }
}
