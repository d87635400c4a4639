/**
 * Chapter 8: the windows. What both are made of: texts, times, colours, links, and the few parts that they draw alike.
 *
 * A locale is a language tag as browsers know it (`de-AT`). Texts are looked up in a catalogue; where there is none in
 * the language of the reader, English is shown.
 */
const RIGHT_TO_LEFT = new Set([
  "ar",
  "arc",
  "ckb",
  "dv",
  "fa",
  "he",
  "ks",
  "ku",
  "ps",
  "sd",
  "ug",
  "ur",
  "yi",
])
const RIGHT_TO_LEFT_SCRIPTS = new Set(["Arab", "Hebr", "Nkoo", "Syrc", "Thaa"])

export type Direction = "ltr" | "rtl"

/** `undefined` for what is no language tag. */
function parsedLocale(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag.replaceAll("_", "-"))
  } catch {
    return undefined
  }
}

export function directionOf(tag: string): Direction {
  const locale = parsedLocale(tag)
  if (!locale) return "ltr"
  if (locale.script !== undefined) return RIGHT_TO_LEFT_SCRIPTS.has(locale.script) ? "rtl" : "ltr"
  return RIGHT_TO_LEFT.has(locale.language) ? "rtl" : "ltr"
}

/**
 * The first of the wanted tags that is one; else English. Where it names no region (`en`) and a later one of the same
 * language does (`en-GB`), that one: dates are written in many ways.
 */
export function chosenLocale(...wanted: readonly (string | null | undefined)[]): string {
  const locales = wanted.flatMap((tag) => (tag ? (parsedLocale(tag) ?? []) : []))
  const [first] = locales
  if (!first) return "en"
  const regional = locales.find(({ language, region }) => language === first.language && region !== undefined)
  return (regional ?? first).baseName
}

/** Of the languages there are, the one for this tag: `de` for `de-AT`. */
export function languageFor<Language extends string>(
  tag: string,
  languages: readonly Language[],
): Language | undefined {
  const language = parsedLocale(tag)?.language
  return languages.find((known) => known === language)
}
