/** The green check mark: the user beside it has signed in. */
import type { JSX } from "preact"

export function CheckMark({
  label,
  size = 16,
}: {
  /** Left out where the words beside it say the same. */
  readonly label?: string
  readonly size?: number
}): JSX.Element {
  return (
    <span
      class="check-mark"
      {...(label === undefined
        ? { "aria-hidden": true }
        : { role: "img", "aria-label": label, title: label })}
    >
      <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <circle cx="8" cy="8" r="7.5" fill="currentColor" />
        <path
          d="m4.7 8.3 2.3 2.3 4.3-4.8"
          fill="none"
          stroke="var(--surface, #fff)"
          stroke-width="1.8"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
    </span>
  )
}
