/** The round button in the corner of the page. Made without Preact: it is there before anything else is loaded. */

import { adopt } from "../ui/style-sheet.ts"
import tokens from "../ui/tokens.css?inline"
import styles from "./launcher.css?inline"

const SVG = "http://www.w3.org/2000/svg"
const CHAT = "M20.5 12a8.5 8.5 0 0 1-8.5 8.500c-1.4 0-2.7-.3-3.9-.9L3.5 20.500l1-4.400A8.5 8.5 0 1 1 20.5 12Z"
const SHUT = "m6 9.5 6 6 6-6"
const DOTS = "M8.500 12h.01M12 12h.01M15.500 12h.01"

export interface LauncherWords {
  readonly open: string
  readonly close: string
  unread(count: number): string
}

export class Launcher {
  readonly host: HTMLElement
  readonly root: ShadowRoot
  readonly stage: HTMLElement
  readonly #button: HTMLButtonElement
  readonly #badge: HTMLElement
  #words: LauncherWords
  #open = false
  #unread = 0

  constructor(words: LauncherWords, onPress: () => void, onApproach: () => void) {
    this.#words = words
    this.host = document.createElement("tributary-widget")
    this.root = this.host.attachShadow({ mode: "open" })
    adopt(this.root, tokens, styles)
    this.stage = element("div", "stage")
    this.#button = element("button", "launcher")
    this.#button.type = "button"
    this.#button.setAttribute("aria-haspopup", "dialog")
    this.#badge = element("span", "badge")
    this.#badge.setAttribute("aria-hidden", "true")
    this.#button.append(drawing(CHAT, "chat"), drawing(SHUT, "shut"), drawing(DOTS, "dots"), this.#badge)
    this.#button.addEventListener("click", onPress)
    for (const sign of ["pointerenter", "focus"])
      this.#button.addEventListener(sign, onApproach, { once: true, passive: true })
    this.stage.append(this.#button)
    this.root.append(this.stage)
    this.#say()
  }

  set words(words: LauncherWords) {
    this.#words = words
    this.#say()
  }

  set open(open: boolean) {
    this.#open = open
    this.#say()
  }

  set unread(count: number) {
    this.#unread = count
    this.#say()
  }

  set shown(shown: boolean) {
    this.#button.hidden = !shown
  }

  set busy(busy: boolean) {
    this.#button.setAttribute("aria-busy", String(busy))
  }

  focus(): void {
    this.#button.focus({ preventScroll: true })
  }

  #say(): void {
    const count = this.#unread
    this.#badge.hidden = count === 0 || this.#open
    // Drawn by the style: text in a button should be part of its name, which has the count in words.
    this.#badge.dataset.count = count > 99 ? "99+" : String(count)
    this.#button.setAttribute("aria-expanded", String(this.#open))
    const { open, close, unread } = this.#words
    const label = this.#open ? close : count > 0 ? `${open}, ${unread(count)}` : open
    this.#button.setAttribute("aria-label", label)
  }
}

function element<Name extends "div" | "button" | "span">(
  name: Name,
  className: string,
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  made.className = className
  return made
}

function drawing(path: string, className: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("viewBox", "0 0 24 24")
  svg.setAttribute("class", className)
  svg.setAttribute("aria-hidden", "true")
  const line = document.createElementNS(SVG, "path")
  line.setAttribute("d", path)
  svg.append(line)
  return svg
}
