/**
 * A list that moves by itself is hard to hit: between aiming and pressing, another row may have come under the pointer.
 * So its rows keep their places while the pointer moves over it, and for a moment afterwards; what they say is up to date.
 */
import { useMemo, useRef, useState } from "preact/hooks"

/** From the last movement of the pointer. */
const HOLD_MS = 1_000

/** The items in the order of those before; one that is gone stands where it stood, and what came is not there yet. */
export function inOrderOf<T>(
  before: readonly T[],
  items: readonly T[],
  keyOf: (item: T) => string,
): readonly T[] {
  const now = new Map(items.map((item) => [keyOf(item), item]))
  return before.map((item) => now.get(keyOf(item)) ?? item)
}

export interface HeldOrder<T> {
  readonly items: readonly T[]
  /** Call when the pointer moves over the list. */
  hold(): void
}

export function useHeldOrder<T>(items: readonly T[], keyOf: (item: T) => string): HeldOrder<T> {
  const [held, setHeld] = useState<readonly T[] | undefined>(undefined)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const drawn = useMemo(() => (held ? inOrderOf(held, items, keyOf) : items), [held, items])
  return {
    items: drawn,
    hold() {
      clearTimeout(timer.current)
      timer.current = setTimeout(() => setHeld(undefined), HOLD_MS)
      if (!held) setHeld(drawn)
    },
  }
}
