/**
 * Drawing once a frame, however much changes within it. Where no frame comes – a hidden page, a frame of another site
 * that is out of sight – a timer takes its place, for what is drawn there may be looked at all the same: titles, badges.
 */
const NO_FRAME_MS = 100

/** @returns asks for a drawing: in the next frame, and one for all that ask before it */
export function oncePerFrame(draw: () => void): () => void {
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const due = (): void => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    timer = undefined
    draw()
  }
  return () => {
    if (timer !== undefined) return
    timer = setTimeout(due, NO_FRAME_MS)
    frame = requestAnimationFrame(due)
  }
}
