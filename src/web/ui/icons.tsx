/** Drawn here, so that nothing is fetched from anywhere. Decoration: what they mean stands beside them in words. */
import type { JSX } from "preact"

const PATHS = {
  alert:
    "M12 8v5m0 3v.01M10.3 3.9 2.4 17.5A2 2 0 0 0 4.1 20.5h15.8a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0Z",
  arrowDown: "M12 5v14m-6-6 6 6 6-6",
  back: "m14.5 6-6 6 6 6",
  bell: "M18 9a6 6 0 1 0-12 0c0 6-2.5 7-2.5 7h17S18 15 18 9Zm-7.7 10.5a2 2 0 0 0 3.4 0",
  check: "m5 12.5 4.5 4.5L19 7.5",
  checks: "m2.5 12.5 4 4L15 8m-3.5 7.5 1.5 1L21.5 8",
  clock: "M12 7.5V12l3 2m6-2a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  close: "m6.5 6.5 11 11m0-11-11 11",
  device: "M8 3h8a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2Zm3 15h2",
  down: "m6 9.5 6 6 6-6",
  edit: "M12 20h8M16.5 4.5a2.1 2.1 0 0 1 3 3L8 19l-4 1 1-4L16.5 4.5Z",
  file: "M14 3v5h5M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8l-5-5Z",
  image:
    "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm15 11-4.5-4.5L6 20M9.5 9a1 1 0 1 1-2 0 1 1 0 0 1 2 0Z",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 1 0 13 5.300l-.8.8m1.8 3.900a4 4 0 0 0-5.7 0l-3 3A4 4 0 1 0 11 18.700l.8-.8",
  logout: "M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4m5-4 4-4-4-4m4 4H9.5",
  merge: "M6 4v3a5 5 0 0 0 5 5h1m6-8v3a5 5 0 0 1-5 5h-1m0 0v8",
  note: "M5 4h14a1 1 0 0 1 1 1v9l-6 6H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm15 10h-5a1 1 0 0 0-1 1v5",
  offline:
    "M3 3l18 18M8.5 16.400a5 5 0 0 1 7 0M5 12.900a10 10 0 0 1 5-2.700m4.3.2a10 10 0 0 1 4.7 2.500M2 9.300a15 15 0 0 1 4.4-2.900m4.3-1.200A15 15 0 0 1 22 9.300M12 20v.01",
  plus: "M12 5v14m-7-7h14",
  retry: "M20 5v5h-5m4.6 0A8 8 0 1 0 20 13.5",
  search: "m20 20-4.5-4.500M17 10.500a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0Z",
  send: "M21 3 10.5 13.500M21 3l-6.5 18-4-7.500L3 9.5 21 3Z",
  settings: "M4 7h9m4 0h3M4 17h3m4 0h9M15 4.500v5m-6 5v5",
  trash:
    "M4.5 6.500h15M10 3.500h4m-7.5 3 .8 13a1 1 0 0 0 1 1h7.400a1 1 0 0 0 1-1l.8-13M10 11v5.500m4-5.500v5.5",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.500a7.5 7.5 0 0 1 15 0",
  users:
    "M9 11.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 8a6.5 6.5 0 0 1 13 0M16 5a3.5 3.5 0 0 1 0 6.300m2 3.400a6.5 6.5 0 0 1 3.5 4.8",
} as const

export type IconName = keyof typeof PATHS

/** Icons that point along the line turn where it runs from right to left. */
const TURNED = new Set<IconName>(["back", "send", "logout"])

export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }): JSX.Element {
  return (
    <svg
      class={TURNED.has(name) ? "icon turned" : "icon"}
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
      <path d={PATHS[name]} />
    </svg>
  )
}
