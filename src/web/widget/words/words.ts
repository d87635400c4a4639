/** The window's texts in the language of the page; of other languages only the one that is wanted is loaded. */
import { languageFor } from "../../ui/locale.ts"
import { type Catalogue, type Translate, translator } from "../../ui/texts.ts"
import type { WidgetConfig } from "../widget-config.ts"
import { en, type Word } from "./en.ts"
import { LANGUAGES, type Language } from "./launcher-words.ts"

export type Words = Translate<Word>

const LOADED: Readonly<Record<Language, () => Promise<Catalogue<Word>>>> = {
  en: async () => en,
  de: async () => (await import("./de.ts")).de,
  ar: async () => (await import("./ar.ts")).ar,
}

export const englishWords = (locale: string, texts: WidgetConfig["texts"]): Words =>
  translator(locale, en, texts, "en")

/** English where the language is unknown, or its file did not come. */
export async function wordsFor(locale: string, texts: WidgetConfig["texts"]): Promise<Words> {
  const language = languageFor(locale, LANGUAGES)
  if (language === undefined) return englishWords(locale, texts)
  const catalogue = await LOADED[language]().catch(() => undefined)
  return catalogue ? translator(locale, catalogue, texts) : englishWords(locale, texts)
}
