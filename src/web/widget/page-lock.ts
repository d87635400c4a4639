/**
 * Keeps the page beneath from scrolling. A style sheet of its own does it: what the page writes into the styles of its
 * elements meanwhile, to lock itself for a menu or to go on, is neither overwritten nor brought back.
 *
 * @returns lets it scroll again
 */
export function lockPage(): () => void {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`${scrolled()} { overflow: hidden !important }`)
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  return () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet)
  }
}

/**
 * Whose `overflow` is that of the whole page: the body's, where the root has none. If the root got one there, the body
 * would scroll by itself, and a page that is as high as the screen would be back at its beginning.
 */
function scrolled(): "html" | "body" {
  const { documentElement, body } = document
  const [root, within] = [documentElement, body].map((one) => one && getComputedStyle(one))
  const handsOn = root?.overflow === "visible" && root.contain === "none" && within?.contain === "none"
  return handsOn && within?.overflow !== "visible" ? "body" : "html"
}
