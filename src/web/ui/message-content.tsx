/** What a message says, drawn so that nothing in it can act: words are text, addresses are links of the web or nothing. */
import type { JSX } from "preact"
import { useState } from "preact/hooks"
import type { Content } from "../../protocol/model.ts"
import { Drawing } from "./drawing.tsx"
import { FILE, IMAGE } from "./icon-paths.ts"
import { fileName, plainName, webAddress } from "./links.ts"
import { ForeignLink, LinkedText } from "./safe-link.tsx"
import { byteSize } from "./times.ts"

type Attachment = Extract<Content, { type: "image" | "file" }>

export interface ContentWords {
  readonly image: string
  readonly file: string
}

interface Drawn<C extends Content> {
  readonly content: C
  readonly locale: string
  readonly words: ContentWords
}

/** Forms are drawn by the widget and the console; here they are their labels, answers their values. */
export function MessageContent({ content, locale, words }: Drawn<Content>): JSX.Element {
  switch (content.type) {
    case "text":
      return (
        <p class="words" dir="auto">
          <LinkedText text={content.text} />
        </p>
      )
    case "image":
      return <Picture content={content} locale={locale} words={words} />
    case "file":
      return <FileCard content={content} locale={locale} words={words} />
    case "form":
      return (
        <ul class="fields">
          {content.fields.map(({ name, label }) => (
            <li key={name} dir="auto">
              {label}
            </li>
          ))}
        </ul>
      )
    case "formResponse":
      return (
        <dl class="answers">
          {content.fields.map(({ name, value }) => (
            <div key={name}>
              <dt dir="auto">{name}</dt>
              <dd dir="auto">{value}</dd>
            </div>
          ))}
        </dl>
      )
  }
}

/** A box of one size, whatever comes: the words around it stay where they are. */
function Picture({ content, locale, words }: Drawn<Attachment>): JSX.Element {
  const [failed, setFailed] = useState(false)
  const address = webAddress(content.url)
  // Also where the host's page does not let images of other sites in.
  if (failed || address === undefined) return <FileCard content={content} locale={locale} words={words} />
  return (
    <ForeignLink class="picture" href={address}>
      <img
        src={address}
        alt={content.name ?? words.image}
        loading="lazy"
        decoding="async"
        referrerpolicy="no-referrer"
        onError={() => setFailed(true)}
      />
    </ForeignLink>
  )
}

function FileCard({ content, locale, words }: Drawn<Attachment>): JSX.Element {
  const given = plainName(content.name || fileName(content.url))
  const name = given || (content.type === "image" ? words.image : words.file)
  const details = [
    content.type === "image" ? words.image : (content.mediaType?.split("/").at(-1) ?? words.file),
    ...(content.size === undefined ? [] : [byteSize(content.size, locale)]),
  ]
  return (
    <ForeignLink class="file-card" href={content.url}>
      <span class="file-icon">
        <Drawing path={content.type === "image" ? IMAGE : FILE} />
      </span>
      <span class="file-words">
        <bdi class="file-name">{name}</bdi>
        <span class="file-details">{details.join(" · ")}</span>
      </span>
    </ForeignLink>
  )
}
