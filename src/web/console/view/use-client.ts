/** The client's state, drawn at most once per frame however many changes a frame brings. */
import { useEffect, useState } from "preact/hooks"
import { oncePerFrame } from "../../ui/frame.ts"
import type { AgentClient } from "../agent-client/agent-client.ts"
import type { AgentView } from "../agent-client/state.ts"

export function useClientState(client: AgentClient): AgentView {
  const [state, setState] = useState(client.state)
  useEffect(() => {
    const end = client.subscribe(oncePerFrame(() => setState(client.state)))
    setState(client.state)
    return end
  }, [client])
  return state
}
