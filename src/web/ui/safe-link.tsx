/** A link from a message: it opens in a new tab, sends no referrer, and gets no access to this page. */
import type { ComponentChildren, JSX } from "preact"
import { linked, webAddress } from "./links.ts"

export function ForeignLink({
  href,
  children,
  ...rest
}: {
  readonly href: string
  readonly children: ComponentChildren
  readonly class?: string
  readonly title?: string
}): JSX.Element {
  const address = webAddress(href)
  if (address === undefined) return <span {...rest}>{children}</span>
  return (
    <a {...rest} href={address} target="_blank" rel="noopener noreferrer nofollow ugc">
      {children}
    </a>
  )
}

/** Words as they were written, with links. Line breaks are kept by the style sheet (`white-space: pre-wrap`). */
export function LinkedText({ text }: { readonly text: string }): JSX.Element {
  return (
    <>
      {linked(text).map((piece, index) =>
        piece.href === undefined ? (
          piece.text
        ) : (
          <ForeignLink key={index} href={piece.href}>
            {piece.text}
          </ForeignLink>
        ),
      )}
    </>
  )
}
