/** What the loader has put up when the window's module comes: this is all that loader and window know of each other. */
import type { HostListeners, WindowCommand } from "./host.ts"
import type { Config } from "./widget-config.ts"

export interface Shell {
  readonly root: ShadowRoot
  /** Where the window is drawn; it follows the theme and the direction of the page's configuration. */
  readonly stage: HTMLElement
  readonly listeners: HostListeners
  readonly config: Config
  /** Called with each later configuration. */
  onConfig(listener: (config: Config) => void): void
  setOpen(open: boolean): void
  setUnread(count: number): void
  /** A visitor wrote here before, or may be signed in at the help centre: then it connects at once. */
  known(): boolean
  setKnown(known: boolean): void
  focusLauncher(): void
}

export interface Window {
  perform(command: WindowCommand, args: readonly unknown[]): void
  /** Takes everything down. */
  remove(): void
}

/** What the module exports. */
export interface WindowModule {
  start(shell: Shell): Window
}
