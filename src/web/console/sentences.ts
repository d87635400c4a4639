/** Conflicts in words: how a colleague changed the ticket, and which change was therefore not made. */

import type { Translate } from "../ui/texts.ts"
import type { NoticeBody, TicketChange } from "./agent-client/notice.ts"
import type { WordKey } from "./words/en.ts"

type Overtaken = Extract<NoticeBody, { kind: "ticketOvertaken" }>

export function overtakenWords(
  text: Translate<WordKey>,
  nameOf: (agentId: string) => string,
  { wanted, before, now }: Overtaken,
): readonly string[] {
  const words: string[] = []
  if (before.status !== now.status)
    words.push(
      text("notice.overtaken.status", {
        now: text(`status.${now.status}`),
        before: text(`status.${before.status}`),
      }),
    )
  if (before.assigneeId !== now.assigneeId)
    words.push(
      now.assigneeId === undefined
        ? text("notice.overtaken.dropped")
        : text("notice.overtaken.taken", { name: nameOf(now.assigneeId) }),
    )
  if (words.length === 0) words.push(text("notice.overtaken.other"))
  const asked = wantedWords(text, nameOf, wanted)
  return [text("notice.overtaken"), ...words, text("notice.overtaken.wanted", { wanted: asked })]
}

function wantedWords(
  text: Translate<WordKey>,
  nameOf: (agentId: string) => string,
  { status, assigneeId }: TicketChange,
): string {
  const parts: string[] = []
  if (status !== undefined) parts.push(text("notice.wanted.status", { status: text(`status.${status}`) }))
  const name = assigneeId == null ? undefined : nameOf(assigneeId)
  if (assigneeId === null) parts.push(text("notice.wanted.unassign"))
  else if (name === text("you")) parts.push(text("notice.wanted.take"))
  else if (name !== undefined) parts.push(text("notice.wanted.assign", { name }))
  return parts.join(", ")
}
