/** Puts an agent's console beside the shop and the phone, if this hub has one. */
import { token } from "./page-widget.ts"

const AGENT = { agentId: "ana", name: "Ana" }

async function showConsole(): Promise<void> {
  const section = document.querySelector<HTMLElement>(".console")
  const frame = section?.querySelector("iframe")
  const link = section?.querySelector("a")
  const there = await fetch("/console", { method: "HEAD" })
  if (!section || !frame || !link || !there.ok) return
  const entry = async (): Promise<string> => `/console#app=demo&token=${await token(AGENT)}`
  frame.src = await entry()
  link.href = await entry()
  section.hidden = false
}

void showConsole()
