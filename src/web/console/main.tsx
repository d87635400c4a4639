/** The page `/console`. */
import { render } from "preact"
import { chosenLocale, directionOf, languageFor } from "../ui/locale.ts"
import { translator } from "../ui/texts.ts"
import { createAttention } from "./attention.ts"
import { App } from "./console-app.tsx"
import { entryOf, passStore } from "./entry.ts"
import { de } from "./words/de.ts"
import { en } from "./words/en.ts"

const LANGUAGES = { en, de }

const spoken = (tag: string) => languageFor(tag, ["en", "de"])

// The first of the agent's languages that the console has, for the dates, too: words and dates are of one language.
const locale = chosenLocale(...navigator.languages.filter(spoken))
const language = spoken(locale) ?? "en"
const text = translator(locale, LANGUAGES[language])
document.documentElement.lang = language
document.documentElement.dir = directionOf(language)

const entry = entryOf(location.href)
// A secret stays in no address bar, no history and no bookmark.
if (location.hash !== "") history.replaceState(null, "", location.pathname)

const root = document.getElementById("console")
if (root)
  render(
    <App
      base={new URL(".", location.href).href.replace(/\/$/, "")}
      entry={entry}
      passes={passStore(localStorage)}
      attention={(enabled) => createAttention(text("brand"), enabled)}
      text={text}
      locale={locale}
    />,
    root,
  )
