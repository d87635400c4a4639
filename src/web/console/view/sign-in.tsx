/** The page before the console: a link is exchanged, asked for, or was no good. */
import type { JSX } from "preact"
import { useState } from "preact/hooks"
import type { Translate } from "../../ui/texts.ts"
import { entryOf, type WayIn } from "../entry.ts"
import type { WordKey } from "../words/en.ts"

interface Props {
  readonly text: Translate<WordKey>
  /** Why there is no console (any more). */
  readonly problem: string | undefined
  readonly entering: boolean
  readonly onEntry: (entry: WayIn) => void
}

export function SignIn({ text, problem, entering, onEntry }: Props): JSX.Element {
  const [link, setLink] = useState("")
  const [bad, setBad] = useState(false)
  const submit = (event: Event): void => {
    event.preventDefault()
    const entry = entryOf(link.trim())
    setBad(entry === undefined)
    if (entry) onEntry(entry)
  }
  const said = bad ? text("signIn.bad") : problem
  return (
    <main class="sign-in">
      <form class="sign-in-card" onSubmit={submit}>
        <div class="brand">
          <span class="brand-mark" aria-hidden="true" />
          <span class="brand-name">{text("brand")}</span>
        </div>
        <h1>{text("signIn.title")}</h1>
        {entering ? (
          <p role="status">{text("signIn.entering")}</p>
        ) : (
          <>
            {said !== undefined && (
              <p class="sign-in-problem" role="alert">
                {said}
              </p>
            )}
            <p>{text("signIn.words")}</p>
            <label>
              <span>{text("signIn.label")}</span>
              <input
                type="text"
                value={link}
                autocomplete="off"
                spellcheck={false}
                placeholder="https://…/console#app=…"
                onInput={(event) => setLink(event.currentTarget.value)}
              />
            </label>
            <button type="submit" class="button" disabled={link.trim() === ""}>
              {text("signIn.do")}
            </button>
          </>
        )}
      </form>
    </main>
  )
}
