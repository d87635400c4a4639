/** How users are called, also those without a name. */
import type { AgentUser } from "../../../protocol/agent.ts"
import type { Translate } from "../../ui/texts.ts"
import type { AgentView } from "../agent-client/state.ts"
import type { WordKey } from "../words/en.ts"

/** The end of an id tells one visitor from another where nothing else does. */
export function userName(text: Translate<WordKey>, user: AgentUser | undefined): string {
  return (
    user?.profile.name ??
    user?.externalId ??
    (user ? `${text("visitor")} ${user.id.slice(-4)}` : text("visitor"))
  )
}

export function agentName(
  text: Translate<WordKey>,
  { agent, colleagues }: Pick<AgentView, "agent" | "colleagues">,
  agentId: string | undefined,
): string {
  if (agentId === undefined) return text("nobody")
  if (agentId === agent?.id) return text("you")
  return colleagues.get(agentId) ?? agentId
}
