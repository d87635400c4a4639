/** An agent's preferences: kept by the browser alone. */
import { isThemeChoice, type ThemeChoice } from "../ui/theme.ts"

export interface Preferences {
  readonly theme: ThemeChoice
  readonly sound: boolean
  readonly profile: boolean
}

const KEPT = "tributary:console:preferences"
const DEFAULT: Preferences = { theme: "auto", sound: false, profile: true }

export function loadPreferences(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Record<string, unknown>
    return {
      theme: isThemeChoice(kept.theme) ? kept.theme : DEFAULT.theme,
      sound: kept.sound === true,
      profile: kept.profile !== false,
    }
  } catch {
    return DEFAULT
  }
}

export function savePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(preferences))
  } catch {
    // Forbidden or full: they hold until the page is closed.
  }
}
