/** Whether a text of events holds exactly the messages that were missed, in their order. */
import { type Key, readKey } from "../check/key.ts"
import { CLEAN, type Verdict } from "../check/verdict.ts"

export interface Expected {
  readonly run: string
  readonly room: number
  readonly from: number
  readonly count: number
}

/** Older messages than the missed ones may be there too: who re-reads a page gets some. */
export function missedVerdict(events: string, { run, room, from, count }: Expected): Verdict {
  const bytes = Buffer.from(events)
  const key: Key = { run: "", room: 0, sender: 0, n: 0 }
  const nothing = Buffer.alloc(0)
  let at = 0
  let last = -1
  let got = 0
  let doubled = 0
  let reordered = 0
  let leaked = 0
  for (;;) {
    const mark = bytes.indexOf("@!", at)
    if (mark === -1) break
    at = mark + 2
    if (!readKey(bytes, mark, bytes.length, nothing, key)) break
    if (key.run !== run || key.room !== room) leaked += 1
    else if (key.n === last) doubled += 1
    else if (key.n < last) reordered += 1
    else if (key.n >= from) got += 1
    last = Math.max(last, key.n)
  }
  return { ...CLEAN, lost: Math.max(0, count - got), doubled, reordered, leaked }
}
