/** The few words that are there before the window is: in every language that the widget speaks. */
import { languageFor } from "../../ui/locale.ts"
import { type Catalogue, translator } from "../../ui/texts.ts"
import type { LauncherWords } from "../launcher.ts"
import type { WidgetConfig } from "../widget-config.ts"

export const LANGUAGES = ["en", "de", "ar"] as const
export type Language = (typeof LANGUAGES)[number]

const WORDS: Readonly<Record<Language, Catalogue<"launcher.open" | "launcher.close" | "launcher.unread">>> = {
  en: {
    "launcher.open": "Open the chat",
    "launcher.close": "Close the chat",
    "launcher.unread": { one: "{count} new message", other: "{count} new messages" },
  },
  de: {
    "launcher.open": "Chat öffnen",
    "launcher.close": "Chat schließen",
    "launcher.unread": { one: "{count} neue Nachricht", other: "{count} neue Nachrichten" },
  },
  ar: {
    "launcher.open": "فتح المحادثة",
    "launcher.close": "إغلاق المحادثة",
    "launcher.unread": {
      one: "رسالة جديدة واحدة",
      two: "رسالتان جديدتان",
      few: "{count} رسائل جديدة",
      many: "{count} رسالة جديدة",
      other: "{count} رسالة جديدة",
    },
  },
}

export function launcherWords(locale: string, texts: WidgetConfig["texts"]): LauncherWords {
  const text = translator(locale, WORDS[languageFor(locale, LANGUAGES) ?? "en"], texts)
  return {
    open: text("launcher.open"),
    close: text("launcher.close"),
    unread: (count) => text("launcher.unread", { count }),
  }
}
