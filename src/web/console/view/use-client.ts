/** The client's state, drawn at most once per frame however many changes a frame brings. */
import { useEffect, useState } from "preact/hooks"
import type { AgentClient } from "../agent-client/agent-client.ts"
import type { ConsoleState } from "../agent-client/state.ts"

export function useClientState(client: AgentClient): ConsoleState {
  const [state, setState] = useState(client.state)
  useEffect(() => {
    let asked = false
    const draw = (): void => {
      asked = false
      setState(client.state)
    }
    const end = client.subscribe(() => {
      if (asked) return
      asked = true
      // A hidden page is drawn no frames, but its title and badge are looked at.
      if (document.visibilityState === "hidden") setTimeout(draw, 100)
      else requestAnimationFrame(draw)
    })
    setState(client.state)
    return end
  }, [client])
  return state
}
