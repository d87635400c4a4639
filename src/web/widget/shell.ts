/** What the loader gives to the window's module, and what it gets from it: all that they know of each other. */
import type { HostListeners, WindowCommand } from "./host.ts"
import type { WidgetConfig } from "./widget-config.ts"

export interface Shell {
  readonly root: ShadowRoot
  /** Where the window is drawn; it follows the theme and the direction of the page's configuration. */
  readonly stage: HTMLElement
  readonly listeners: HostListeners
  readonly config: WidgetConfig
  /** Called with each later configuration. */
  onConfig(listener: (config: WidgetConfig) => void): void
  setOpen(open: boolean): void
  setUnread(count: number): void
  /** Whether the window connects at once: a visitor wrote here before, or may be signed in at the help centre. */
  known(): boolean
  setKnown(known: boolean): void
  focusLauncher(): void
}

export interface Window {
  perform(command: WindowCommand, args: readonly unknown[]): void
  /** Removes all that the window has drawn, and closes its connection. */
  remove(): void
}

/** What the module exports. */
export interface WindowModule {
  start(shell: Shell): Window
}
