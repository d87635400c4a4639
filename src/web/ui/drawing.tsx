/** An icon, drawn by the page, so that nothing is fetched. It is decoration: the words beside it say what it means. */
import type { JSX } from "preact"

export function Drawing({
  path,
  size = 20,
  turned = false,
}: {
  readonly path: string
  readonly size?: number
  /** The icon points in the direction of writing, so it is mirrored where text runs from right to left. */
  readonly turned?: boolean
}): JSX.Element {
  return (
    <svg
      class={turned ? "icon turned" : "icon"}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={path} />
    </svg>
  )
}
