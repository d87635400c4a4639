/** Trouble with the connection or the sign-in, in words: nothing while all is well. */
import type { JSX } from "preact"
import { Drawing } from "../ui/drawing.tsx"
import { ALERT, OFFLINE, USER } from "../ui/icon-paths.ts"
import type { ChatModel } from "./chat-model.ts"
import { useSurroundings } from "./window-context.ts"

export function Banner({ model }: { readonly model: ChatModel }): JSX.Element | null {
  const { chat, words } = useSurroundings()
  const waiting = model.outgoing.filter(({ state }) => state !== "failed").length
  switch (model.line) {
    case "offline":
      return (
        <div class="banner warn" role="status">
          <Drawing path={OFFLINE} size={18} />
          <p>
            <strong>{words("offline")}.</strong>{" "}
            {waiting > 0 ? words("offlineWaiting", { count: waiting }) : words("offlineCalm")}
          </p>
        </div>
      )
    case "signed-out":
      return (
        <div class="banner warn" role="status">
          <Drawing path={USER} size={18} />
          <p>{words("signInAgain")}</p>
        </div>
      )
    case "refused":
      return (
        <div class="banner bad" role="status">
          <Drawing path={ALERT} size={18} />
          <p>{words("refused")}</p>
          <button type="button" class="banner-action" onClick={() => chat.connect()}>
            {words("retry")}
          </button>
        </div>
      )
    default:
      return null
  }
}
