/** What every part of the window needs to draw itself. */
import { createContext } from "preact"
import { useContext } from "preact/hooks"
import type { Chat } from "./chat.ts"
import type { ComposerDrafts } from "./composer-drafts.ts"
import type { RowKeys } from "./entries.ts"
import type { Words } from "./words/words.ts"

export interface WindowSurroundings {
  readonly chat: Chat
  readonly words: Words
  readonly locale: string
  readonly drafts: ComposerDrafts
  readonly keys: RowKeys
}

const context = createContext<WindowSurroundings | undefined>(undefined)
export const { Provider } = context

export function useSurroundings(): WindowSurroundings {
  const surroundings = useContext(context)
  if (!surroundings) throw new Error("Parts of the window are drawn within it.")
  return surroundings
}
