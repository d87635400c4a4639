import { directionOf } from "./locale.ts"

/**
 * Texts with holes and counts. A catalogue is a plain object of texts; `{name}` is a hole. Where the words depend on a
 * number, a text has a form for each category of `Intl.PluralRules`, of which `other` must be there.
 *
 * ```ts
 * const en = { hello: "Hello {name}", unread: { one: "{count} new message", other: "{count} new messages" } }
 * const text = translator("en", en)
 * text("hello", { name: "Mira" })
 * text("unread", { count: 3 })
 * ```
 */
export type Text =
  | string
  | ({ readonly other: string } & Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>)
export type Catalogue<Key extends string = string> = Readonly<Record<Key, Text>>

export type Fillings = Readonly<Record<string, string | number>>
export type Translate<Key extends string> = (key: Key, fillings?: Fillings) => string

/** Isolate text of another direction, so that its full stop stays at its own end. */
const [FROM_LEFT, UNTIL] = ["\u2066", "\u2069"]

/**
 * @param own the host's replacements for single texts
 * @param spoken the language of the catalogue, where there is none in that of the reader
 */
export function translator<Key extends string>(
  locale: string,
  catalogue: Catalogue<Key>,
  own: Readonly<Partial<Record<string, Text>>> = {},
  spoken = locale,
): Translate<Key> {
  const numbers = new Intl.NumberFormat(locale)
  // Made once each: that costs much more than their use, and lists have a count in every row.
  const plurals = new Map<string, Intl.PluralRules>()
  const pluralOf = (language: string): Intl.PluralRules => {
    const plural = plurals.get(language) ?? new Intl.PluralRules(language)
    plurals.set(language, plural)
    return plural
  }
  const isForeign = directionOf(spoken) !== directionOf(locale)
  return (key, fillings = {}) => {
    const [text, language] = own[key] ? [own[key], locale] : [catalogue[key], spoken]
    const form = typeof text === "string" ? text : formOf(text, pluralOf(language), fillings.count)
    const words = form.replaceAll(/\{(\w+)\}/g, (hole, name: string) => {
      const value = fillings[name]
      return value === undefined ? hole : typeof value === "number" ? numbers.format(value) : value
    })
    return isForeign && language === spoken ? `${FROM_LEFT}${words}${UNTIL}` : words
  }
}

function formOf(text: Exclude<Text, string>, plural: Intl.PluralRules, count: unknown): string {
  const category = typeof count === "number" ? plural.select(count) : "other"
  return text[category] ?? text.other
}
