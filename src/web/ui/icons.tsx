/** Icons by name, for a window that draws most of them. */
import type { JSX } from "preact"
import { Drawing } from "./drawing.tsx"
import * as paths from "./icon-paths.ts"

const PATHS = {
  alert: paths.ALERT,
  arrowDown: paths.ARROW_DOWN,
  back: paths.BACK,
  bell: paths.BELL,
  browser: paths.BROWSER,
  check: paths.CHECK,
  checks: paths.CHECKS,
  clock: paths.CLOCK,
  close: paths.CLOSE,
  dark: paths.DARK,
  device: paths.DEVICE,
  down: paths.DOWN,
  edit: paths.EDIT,
  eye: paths.EYE,
  file: paths.FILE,
  image: paths.IMAGE,
  inbox: paths.INBOX,
  keyboard: paths.KEYBOARD,
  light: paths.LIGHT,
  link: paths.LINK,
  logout: paths.LOGOUT,
  merge: paths.MERGE,
  mute: paths.MUTE,
  note: paths.NOTE,
  offline: paths.OFFLINE,
  panel: paths.PANEL,
  plus: paths.PLUS,
  reply: paths.REPLY,
  retry: paths.RETRY,
  search: paths.SEARCH,
  send: paths.SEND,
  settings: paths.SETTINGS,
  trash: paths.TRASH,
  user: paths.USER,
  users: paths.USERS,
} as const

export type IconName = keyof typeof PATHS

const TURNED = new Set<IconName>(["back", "send", "logout", "reply"])

export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }): JSX.Element {
  return <Drawing path={PATHS[name]} size={size} turned={TURNED.has(name)} />
}
