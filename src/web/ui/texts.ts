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

/** @param own what the host says instead, text by text */
export function translator<Key extends string>(
  locale: string,
  catalogue: Catalogue<Key>,
  own: Readonly<Partial<Record<string, Text>>> = {},
): Translate<Key> {
  const plural = new Intl.PluralRules(locale)
  const numbers = new Intl.NumberFormat(locale)
  return (key, fillings = {}) => {
    const text = own[key] ?? catalogue[key]
    const form = typeof text === "string" ? text : formOf(text, plural, fillings.count)
    return form.replaceAll(/\{(\w+)\}/g, (hole, name: string) => {
      const value = fillings[name]
      return value === undefined ? hole : typeof value === "number" ? numbers.format(value) : value
    })
  }
}

function formOf(text: Exclude<Text, string>, plural: Intl.PluralRules, count: unknown): string {
  const category = typeof count === "number" ? plural.select(count) : "other"
  return text[category] ?? text.other
}
