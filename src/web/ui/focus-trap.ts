/** Tab stays within a dialog while it is open, and focus goes back to where it was when it closes. */
const FOCUSABLE =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]:not([tabindex="-1"])'

const shown = (element: HTMLElement): boolean => element.getClientRects().length > 0

export const focusable = (within: HTMLElement): HTMLElement[] =>
  [...within.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(shown)

/** The focused element, looked for within shadow roots too. */
function activeElement(): HTMLElement | undefined {
  let active = document.activeElement
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement
  return active instanceof HTMLElement ? active : undefined
}

/** @returns ends the trap and gives the focus back */
export function trapFocus(within: HTMLElement): () => void {
  const before = activeElement()
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Tab" || event.defaultPrevented) return
    const stops = focusable(within)
    const [first, last] = [stops[0], stops.at(-1)]
    if (!first || !last) {
      event.preventDefault()
      return
    }
    const active = activeElement()
    const outside = !active || !within.contains(active)
    if (event.shiftKey && (active === first || outside || active === within)) {
      event.preventDefault()
      last.focus()
    } else if (!event.shiftKey && (active === last || outside)) {
      event.preventDefault()
      first.focus()
    }
  }
  within.addEventListener("keydown", onKey)
  return () => {
    within.removeEventListener("keydown", onKey)
    if (before?.isConnected && before !== document.body) before.focus({ preventScroll: true })
  }
}
