/**
 * `/widget.js`: all that a page loads for a chat that is not opened. It shows the launcher, listens to the page, and
 * loads the window when it is needed: by a press, by a command, or because a visitor who has written before may
 * have an answer waiting.
 *
 * Of a strict content security policy it needs two sources: the hub in `script-src`, and in `connect-src` the hub as
 * `wss:` (or `ws:`). Styles are made by script, and nothing is written as HTML.
 */
import { directionOf } from "../ui/locale.ts"
import { followTheme } from "../ui/theme.ts"
import { HostListeners, isWindowCommand, type WindowCommand } from "./host.ts"
import { Launcher } from "./launcher.ts"
import type { Window as ChatWindow, Shell, WindowModule } from "./shell.ts"
import { placeInLayer } from "./top-layer.ts"
import { configFrom, configured, localeOf, type WidgetConfig } from "./widget-config.ts"
import { launcherWords } from "./words/launcher-words.ts"

/** Put in by the build: the window's module, below the hub. */
declare const WIDGET_MODULE: string

type Order = readonly unknown[]

const RETRY_MS = 3_000
const TRIES = 5
/** Styles may come, or change, with them. */
const LATER = ["load", "resize"] as const

class Loader {
  readonly #listeners = new HostListeners()
  readonly #launcher: Launcher
  readonly #onConfig = new Set<(config: WidgetConfig) => void>()
  #config: WidgetConfig
  #window: ChatWindow | undefined
  #loading: Promise<WindowModule> | undefined
  #waiting: [WindowCommand, Order][] = []
  #endTheme = (): void => undefined
  readonly #endStay: () => void
  readonly #lift = (): void => placeInLayer(this.#launcher.stage)
  #removed = false

  constructor(config: WidgetConfig) {
    this.#config = config
    this.#launcher = new Launcher(
      launcherWords(this.#locale, config.texts),
      () => this.#forward("toggle", []),
      () => void this.#load().catch(() => undefined),
    )
    this.#dress()
    // Beside the body, not in it: sites replace its content, or all of it, and what is fixed in a body that has a
    // transform or a filter moves with the page.
    document.documentElement.append(this.#launcher.host)
    this.#endStay = stay(this.#launcher.host, this.#lift)
    this.#lift()
    for (const event of LATER) addEventListener(event, this.#lift)
    if (known(config)) idle(() => this.#begin())
  }

  get #locale(): string {
    return localeOf(this.#config)
  }

  order(order: Order): void {
    const [name, ...args] = order
    if (this.#removed) return
    if (isWindowCommand(name)) this.#forward(name, args)
    else if (name === "on") this.#listeners.on(args[0], args[1])
    else if (name === "off") this.#listeners.off(args[0], args[1])
    else if (name === "show" || name === "hide") this.#show(name === "show")
    else if (name === "configure") this.#configure(args[0])
    else if (name === "remove") this.#remove()
    else console.warn(`tributary: there is no command "${String(name)}".`)
  }

  #forward(command: WindowCommand, args: Order): void {
    if (this.#window) this.#window.perform(command, args)
    else {
      this.#waiting.push([command, args])
      this.#begin()
    }
  }

  /** Loads the window, and passes on the commands that came meanwhile. */
  #begin(): void {
    if (this.#window) return
    this.#launcher.busy = this.#waiting.length > 0
    this.#load().then(
      (module) => {
        if (this.#window || this.#removed) return
        this.#launcher.busy = false
        this.#window = module.start(this.#shell())
        for (const [command, args] of this.#waiting.splice(0)) this.#window.perform(command, args)
      },
      (error: unknown) => {
        this.#launcher.busy = false
        // A window that opens by itself much later startles; who is signed in counts whenever it is loaded.
        this.#waiting = this.#waiting.filter(
          ([command]) => command === "loginUser" || command === "logoutUser",
        )
        if (this.#waiting.length > 0) addEventListener("online", () => this.#begin(), { once: true })
        console.error("tributary: the chat could not be loaded.", error)
      },
    )
  }

  #load(): Promise<WindowModule> {
    this.#loading ??= imported(this.#config.hub).catch((error: unknown) => {
      this.#loading = undefined
      throw error
    })
    return this.#loading
  }

  #shell(): Shell {
    const { root, stage } = this.#launcher
    return {
      root,
      stage,
      listeners: this.#listeners,
      config: this.#config,
      onConfig: (listener) => this.#onConfig.add(listener),
      setOpen: (open) => {
        this.#lift()
        this.#launcher.open = open
      },
      setUnread: (count) => {
        this.#launcher.unread = count
      },
      known: () => known(this.#config),
      setKnown: (is) => setKnown(this.#config, is),
      focusLauncher: () => this.#launcher.focus(),
    }
  }

  #show(shown: boolean): void {
    this.#launcher.shown = shown
    if (!shown) this.#window?.perform("close", [])
  }

  #configure(change: unknown): void {
    if (typeof change !== "object" || change === null) return
    this.#config = configured(this.#config, { ...change })
    this.#dress()
    for (const listener of this.#onConfig) listener(this.#config)
  }

  /** Colours, corner and direction of everything in the shadow root. */
  #dress(): void {
    const { stage } = this.#launcher
    const { theme, position, zIndex, color, texts } = this.#config
    const locale = this.#locale
    this.#endTheme()
    this.#endTheme = followTheme(stage, theme)
    stage.lang = locale
    stage.dir = directionOf(locale)
    stage.dataset.position = position
    stage.style.setProperty("--z-index", String(zIndex))
    if (color !== undefined) stage.style.setProperty("--tributary-accent", color)
    const readable = readableOn(color ?? "")
    // Where there is none, the page may have a property of this name.
    stage.style.setProperty("--on-color", CSS.supports("color", readable) ? readable : "initial")
    this.#launcher.words = launcherWords(locale, texts)
  }

  #remove(): void {
    this.#removed = true
    this.#endTheme()
    this.#endStay()
    for (const event of LATER) removeEventListener(event, this.#lift)
    this.#window?.remove()
    this.#launcher.host.remove()
  }
}

/**
 * A framework that draws the whole document, or a page that is written anew, takes away everything: then it comes back.
 * Where the page removes this element alone, it stays away.
 *
 * @param placed called when it is back
 * @returns ends that
 */
function stay(host: HTMLElement, placed: () => void): () => void {
  let whereabouts: "here" | "taken" | "removed" = "here"
  const observer = new MutationObserver((records) => {
    const root = document.documentElement
    if (root) observer.observe(root, { childList: true })
    const others = records.some(({ removedNodes }) => [...removedNodes].some((node) => node !== host))
    if (host.isConnected) whereabouts = "here"
    else if (whereabouts === "here") whereabouts = others ? "taken" : "removed"
    if (whereabouts !== "taken" || !root) return
    root.append(host)
    placed()
  })
  observer.observe(document, { childList: true })
  observer.observe(document.documentElement, { childList: true })
  return () => observer.disconnect()
}

/** White on dark colours and black on light ones, computed by the browser: it knows the colour in any notation. */
const readableOn = (color: string): string => `oklch(from ${color} clamp(0, (0.68 - l) * 1000, 1) 0 0)`

/** A module that failed to load stays failed under its name: another try takes another name. */
async function imported(hub: string): Promise<WindowModule> {
  for (let tries = 1; ; tries += 1) {
    try {
      const name = tries === 1 ? WIDGET_MODULE : `widget-latest.js?try=${tries}-${Date.now()}`
      return await import(/* @vite-ignore */ `${hub}/${name}`)
    } catch (error) {
      if (tries >= TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * (tries - 1)))
    }
  }
}

const knownKey = ({ appId, hub }: WidgetConfig): string => `tributary-widget:${hub}:${appId}`

/** Storage may be forbidden: then no visitor is known. */
function known(config: WidgetConfig): boolean {
  try {
    return config.helpCenter || localStorage.getItem(knownKey(config)) !== null
  } catch {
    return config.helpCenter
  }
}

function setKnown(config: WidgetConfig, is: boolean): void {
  if (config.storage === "memory") return
  try {
    if (is) localStorage.setItem(knownKey(config), "1")
    else localStorage.removeItem(knownKey(config))
  } catch {
    // Forbidden: the next page begins with a new visitor.
  }
}

function idle(act: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(act, { timeout: 2_000 })
  else setTimeout(act, 200)
}

type Queue = ((...order: unknown[]) => void) & { q?: ArrayLike<unknown>[]; loaded?: boolean }

function begin(script: HTMLScriptElement): void {
  // The boundary: what a page may have put there before, as the documentation says.
  const page = globalThis as unknown as { tributary?: Queue }
  const config = configFrom(script.dataset, script.src)
  if (page.tributary?.loaded) console.warn("tributary: the script is on this page twice.")
  else if (config.appId === "") console.error("tributary: the script tag lacks data-app-id.")
  else {
    const earlier = page.tributary?.q ?? []
    const loader = new Loader(config)
    page.tributary = Object.assign((...order: unknown[]) => loader.order(order), { loaded: true })
    for (const order of earlier) loader.order(Array.from(order))
  }
}

const { currentScript } = document
if (currentScript instanceof HTMLScriptElement) {
  if (document.body) begin(currentScript)
  else document.addEventListener("DOMContentLoaded", () => begin(currentScript))
} else console.error("tributary: load the script by a plain script tag, not as a module.")
