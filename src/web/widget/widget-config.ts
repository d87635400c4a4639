/** What a site owner sets, on the script tag (`data-app-id`, `data-theme` …) or later by `configure`. */
import { chosenLocale } from "../ui/locale.ts"
import type { Text } from "../ui/texts.ts"
import { isThemeChoice, type ThemeChoice } from "../ui/theme.ts"

export interface WidgetConfig {
  readonly appId: string
  /** The hub's URL; by default the one that the script came from. */
  readonly hub: string
  /** A language tag; by default the page's, then the browser's. */
  readonly locale?: string
  readonly theme: ThemeChoice
  /** The corner: at the end of a line of text (right, in English) or at its start. */
  readonly position: "end" | "start"
  readonly zIndex: number
  /** The main colour, as CSS has it. Finer: the custom properties of `tokens.css`. */
  readonly color?: string
  /** The heading of the window. */
  readonly title?: string
  /** `memory`: nothing of a visitor outlives the page, as on a device that many people use. */
  readonly storage: "local" | "memory"
  /** Sign in from the help centre's cookie. */
  readonly helpCenter: boolean
  /** Texts of the site's own, by their keys in `words/en.ts`. */
  readonly texts: Readonly<Record<string, Text>>
}

/** What the site says, else the page, else the browser. */
export const localeOf = ({ locale }: WidgetConfig): string =>
  chosenLocale(locale, document.documentElement.lang, ...navigator.languages)

const HIGHEST_Z_INDEX = 2_147_483_647

/** @param from the address of the script: the hub that it came from is the one to speak to */
export function configFrom(data: Readonly<Record<string, string | undefined>>, from: string): WidgetConfig {
  const config: WidgetConfig = {
    appId: data.appId ?? "",
    hub: data.hub ?? from.replace(/\/[^/]*$/, ""),
    theme: "auto",
    position: "end",
    zIndex: HIGHEST_Z_INDEX - 100,
    storage: data.storage === "memory" ? "memory" : "local",
    helpCenter: data.helpCenter === "true",
    texts: {},
  }
  return configured(config, data)
}

/** The configuration after a change; what is not understood is left as it was. */
export function configured(config: WidgetConfig, change: Readonly<Record<string, unknown>>): WidgetConfig {
  const text = (name: "locale" | "color" | "title") =>
    typeof change[name] === "string" && change[name] !== "" ? { [name]: change[name] } : {}
  const zIndex = Number(change.zIndex ?? Number.NaN)
  const { theme, position, texts } = change
  return {
    ...config,
    ...text("locale"),
    ...text("color"),
    ...text("title"),
    ...(isThemeChoice(theme) && { theme }),
    ...((position === "end" || position === "start") && { position }),
    ...(Number.isFinite(zIndex) && { zIndex: Math.min(Math.trunc(zIndex), HIGHEST_Z_INDEX) }),
    // The boundary: the host's own words, which are only ever drawn as text.
    ...(typeof texts === "object" && texts !== null && { texts: texts as WidgetConfig["texts"] }),
  }
}
