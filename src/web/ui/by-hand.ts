/** Readers who move a list by hand are not moved by it any more. */
import { useEffect } from "preact/hooks"

const SIGNS = ["wheel", "touchmove", "pointerdown", "keydown"] as const

/** @param moved called at every sign of a hand, of whatever it is: the first one counts */
export function useByHand(moved: () => void): void {
  useEffect(() => {
    for (const sign of SIGNS) addEventListener(sign, moved, { passive: true, capture: true })
    return () => {
      for (const sign of SIGNS) removeEventListener(sign, moved, { capture: true })
    }
  }, [])
}
