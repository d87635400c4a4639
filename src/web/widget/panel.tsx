/** The window: a dialog over the page, with its heading, the banner about the connection, and one page. */
import type { JSX } from "preact"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import { Avatar } from "../ui/avatar.tsx"
import { CheckMark } from "../ui/check-mark.tsx"
import { Drawing } from "../ui/drawing.tsx"
import { focusable, trapFocus } from "../ui/focus-trap.ts"
import { BACK, CLOSE, MERGE } from "../ui/icon-paths.ts"
import { LiveRegion } from "../ui/live-region.tsx"
import { Banner } from "./banner.tsx"
import { ConversationPage } from "./chat-conversation.tsx"
import type { ChatConversation, ChatModel, Said } from "./chat-model.ts"
import { ConversationList } from "./conversation-list.tsx"
import { fitViewport } from "./viewport.ts"
import { useSurroundings } from "./window-context.ts"

/** What the window shows. `begin`: a conversation that its first message will create. */
export type PanelPage =
  | { readonly kind: "list" }
  | { readonly kind: "latest" }
  | { readonly kind: "conversation"; readonly id: string }
  | { readonly kind: "begin" }

interface Props {
  readonly model: ChatModel
  readonly page: PanelPage
  readonly title: string | undefined
  readonly attentive: boolean
  /** A passing notice, for example after a merge. */
  readonly notice: string
  readonly onPage: (page: PanelPage) => void
  readonly onClose: () => void
  readonly onSend: (content: Said) => Promise<boolean>
}

export function Panel({
  model,
  page,
  title,
  attentive,
  notice,
  onPage,
  onClose,
  onSend,
}: Props): JSX.Element {
  const { words } = useSurroundings()
  const panel = useRef<HTMLDivElement>(null)
  const conversation = useConversation(model, page)
  const heading = title ?? words("title")

  // In the same turn as the panel comes and goes, so that the page beneath is never left locked.
  useLayoutEffect(() => {
    const { current } = panel
    if (!current) return
    const endTrap = trapFocus(current)
    const endFit = fitViewport(current)
    return () => {
      endFit()
      endTrap()
    }
  }, [])
  // The focus goes to the field to write in, or to the first element that can have it.
  const starting = model.line === "starting"
  useEffect(() => {
    const { current } = panel
    if (!current) return
    const first = current.querySelector<HTMLElement>("[data-focus-first]") ?? focusable(current)[0]
    first?.focus({ preventScroll: true })
  }, [page.kind, starting])

  const inList = page.kind === "list"
  return (
    <div
      ref={panel}
      class="panel"
      role="dialog"
      aria-label={heading}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return
        event.stopPropagation()
        onClose()
      }}
    >
      <header class="head">
        {model.mode === "multi" && !inList && (
          <button
            type="button"
            class="icon-button"
            aria-label={words("back")}
            title={words("back")}
            onClick={() => onPage({ kind: "list" })}
          >
            <Drawing path={BACK} turned size={22} />
          </button>
        )}
        <div class="head-words">
          <h2>{heading}</h2>
          <p class={model.agentsOnline ? "presence here" : "presence"}>
            {words(model.agentsOnline ? "online" : "away")}
          </p>
        </div>
        <button
          type="button"
          class="icon-button"
          aria-label={words("close")}
          title={words("close")}
          onClick={onClose}
        >
          <Drawing path={CLOSE} size={22} />
        </button>
      </header>
      {model.person && model.line !== "signed-out" && (
        <p class={notice === "" ? "person" : "person told"}>
          <Avatar name={model.person.name} seed={model.person.externalId} size={22} />
          <span dir="auto">
            {notice === "" ? <SignedInAs name={model.person.name} /> : model.person.name}
          </span>
          <CheckMark size={14} />
          {notice !== "" && <span class="told-words">{notice}</span>}
        </p>
      )}
      <Banner model={model} />
      <div class="page">
        {notice !== "" && !model.person && (
          <div class="notice" aria-hidden="true">
            <Drawing path={MERGE} size={16} />
            {notice}
          </div>
        )}
        {starting ? (
          <Starting />
        ) : inList ? (
          <ConversationList
            model={model}
            onOpen={(id) => onPage({ kind: "conversation", id })}
            onNew={() => onPage({ kind: "begin" })}
          />
        ) : (
          <ConversationPage
            key={page.kind === "conversation" ? page.id : page.kind}
            name={page.kind === "conversation" ? page.id : page.kind}
            model={model}
            conversation={conversation}
            attentive={attentive}
            onSend={onSend}
          />
        )}
      </div>
      <LiveRegion words={notice} />
    </div>
  )
}

function useConversation(model: ChatModel, page: PanelPage): ChatConversation | undefined {
  const { chat } = useSurroundings()
  if (page.kind === "latest") return model.conversations[0]
  if (page.kind !== "conversation") return undefined
  const id = chat.resolve(page.id)
  return model.conversations.find((conversation) => conversation.id === id)
}

/** A placeholder while the history is loading. */
function Starting(): JSX.Element {
  return (
    <div class="starting" aria-hidden="true">
      <i class="other" />
      <i class="own" />
      <i class="other short" />
    </div>
  )
}

/** The name stands in the sentence of the language, and is cut at its own end, whichever way the sentence runs. */
function SignedInAs({ name }: { readonly name: string }): JSX.Element {
  const { words } = useSurroundings()
  const [before, after] = words("signedInAs", { name: HOLE }).split(HOLE)
  return (
    <>
      {before}
      <bdi>{name}</bdi>
      {after}
    </>
  )
}

const HOLE = "\u0000"
