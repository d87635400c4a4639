/**
 * On a phone the window is the whole screen, less the keyboard: a browser tells what is left only by script. The page
 * beneath stands still meanwhile.
 */
const PHONE = "(max-width: 480px), (max-height: 480px)"

/** @returns stops following the viewport */
export function fitViewport(panel: HTMLElement): () => void {
  const phone = matchMedia(PHONE)
  const { visualViewport } = window
  const { style } = document.documentElement
  let overflow: string | undefined

  const adjust = (): void => {
    if (phone.matches) {
      panel.setAttribute("aria-modal", "true")
      panel.style.setProperty("--viewport-height", `${visualViewport?.height ?? innerHeight}px`)
      panel.style.setProperty("--viewport-top", `${visualViewport?.offsetTop ?? 0}px`)
      overflow ??= style.overflow
      style.overflow = "hidden"
    } else {
      panel.removeAttribute("aria-modal")
      release()
    }
  }
  const release = (): void => {
    if (overflow !== undefined) style.overflow = overflow
    overflow = undefined
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
