/** What every part of the console needs and what never changes while it is open: the client, the words, the language. */
import { createContext } from "preact"
import { useContext } from "preact/hooks"
import type { Translate } from "../../ui/texts.ts"
import type { AgentClient } from "../agent-client/agent-client.ts"
import type { WordKey } from "../words/en.ts"

export interface ConsoleSurroundings {
  readonly client: AgentClient
  readonly text: Translate<WordKey>
  readonly locale: string
}

export const SurroundingsContext = createContext<ConsoleSurroundings | undefined>(undefined)

export function useSurroundings(): ConsoleSurroundings {
  const found = useContext(SurroundingsContext)
  if (!found) throw new Error("The console's parts are drawn within the console.")
  return found
}
