/** Light or dark: as the reader chose, or as their system is, also when that changes. */
export type ThemeChoice = "light" | "dark" | "auto"

export const isThemeChoice = (value: unknown): value is ThemeChoice =>
  value === "light" || value === "dark" || value === "auto"

/**
 * Sets `data-theme` of an element, by which `tokens.css` chooses the colours.
 *
 * @returns stops following the system's setting
 */
export function followTheme(element: HTMLElement, choice: ThemeChoice): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)")
  const apply = (): void => {
    element.dataset.theme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice
  }
  apply()
  if (choice !== "auto") return () => undefined
  dark.addEventListener("change", apply)
  return () => dark.removeEventListener("change", apply)
}
