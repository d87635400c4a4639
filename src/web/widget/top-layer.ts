/**
 * A root element with a transform, a perspective or containment holds all that is fixed on the page, and takes it along
 * when the page scrolls. Only the browser's top layer is beyond its reach. There everything stands above the whole page,
 * whatever its `z-index`, so that what is drawn goes there only from such a root.
 */
const SHIFTS = ["transform", "translate", "rotate", "scale", "perspective", "offset-path"]
const HOLDS = /\b(?:transform|translate|rotate|scale|perspective|preserve-3d|layout|paint|strict|content)\b/

/** To be called again whenever the page may have changed its root, or the stage was put elsewhere. */
export function placeInLayer(stage: HTMLElement): void {
  if (!("showPopover" in stage) || !stage.isConnected) return
  if (!rootHolds()) stage.removeAttribute("popover")
  else if (!stage.matches(":popover-open")) {
    stage.popover = "manual"
    stage.showPopover()
  }
}

function rootHolds(): boolean {
  const style = getComputedStyle(document.documentElement)
  const computed = (name: string): string => style.getPropertyValue(name)
  return (
    SHIFTS.some((name) => !["", "none"].includes(computed(name))) ||
    HOLDS.test(["will-change", "contain", "transform-style"].map(computed).join(" "))
  )
}
