/** The window's module, which the loader loads: it connects the client, the host's page and what is drawn. */
import { render } from "preact"
import listStyles from "../ui/anchored-list.css?inline"
import base from "../ui/base.css?inline"
import contentStyles from "../ui/message-content.css?inline"
import { adopt } from "../ui/style-sheet.ts"
import { ChatWindow } from "./chat-window.tsx"
import type { Shell, Window } from "./shell.ts"
import composerStyles from "./styles/composer.css?inline"
import conversationStyles from "./styles/conversation.css?inline"
import formStyles from "./styles/forms.css?inline"
import homeStyles from "./styles/home.css?inline"
import motionStyles from "./styles/motion.css?inline"
import panelStyles from "./styles/panel.css?inline"

export function start(shell: Shell): Window {
  adopt(
    shell.root,
    ...[base, contentStyles, listStyles, panelStyles],
    ...[homeStyles, conversationStyles, composerStyles, formStyles, motionStyles],
  )
  const mount = document.createElement("div")
  shell.stage.append(mount)
  const chat = new ChatWindow(shell, (drawn) => render(drawn, mount))
  return {
    perform: (command, args) => chat.perform(command, args),
    remove() {
      chat.remove()
      render(null, mount)
      mount.remove()
    },
  }
}
