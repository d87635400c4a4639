/** When all is over: what a fresh device is told, what the business is told, and what every device of the day shows. */
import { setTimeout as delay } from "node:timers/promises"
import { z } from "zod"
import { conversationShape, frames, type Message, results } from "../acceptance/shapes.ts"
import { byPosition, type ShownConversation, shownConversation, textOf } from "../acceptance/view.ts"
import type { Desk } from "./answering-desk.ts"
import type { DeskView, FinalView, Found } from "./day-history.ts"
import { externalIdOf, type Site, storedOf } from "./site.ts"
import { Line } from "./stock-line.ts"
import { Talker } from "./talker.ts"

/** After this no device may show anything but what is stored. */
const TRUE_WITHIN_MS = 30_000
/** On a busy machine a look takes long, and what one finds may have come to be so while it looked. */
const FEWEST_LOOKS = 3
const LOOK_MS = 500
const OPEN_MS = 60_000
const PAGE = 100
/** Of a history that is told in part, so many of its latest messages are always told. */
const LATEST = 20
const VISITS = 12

const listed = z.object({ conversations: z.array(conversationShape), next: z.string().optional() })

export async function lookAround(
  site: Site,
  crowd: readonly (readonly Talker[])[],
  desks: readonly Desk[],
): Promise<void> {
  const people = crowd.filter((devices) => devices.length > 0)
  const end = performance.now() + TRUE_WITHIN_MS
  for (let looks = 1; ; looks += 1) {
    const seen = await Promise.all(people.map((devices) => look(site, devices)))
    const views = seen.flatMap((one) => one.views)
    const deskViews = await Promise.all(desks.map(atDesk))
    const agree = !views.some(differs) && deskViews.every((one) => one.differs.length === 0)
    if (!agree && (performance.now() < end || looks < FEWEST_LOOKS)) {
      await delay(LOOK_MS)
      continue
    }
    site.history.found.push(...seen.flatMap(({ found }) => (found ? [found] : [])))
    site.history.views.push(...views)
    site.history.deskViews.push(...deskViews)
    return
  }
}

async function atDesk(desk: Desk): Promise<DeskView> {
  return { desk: desk.name, differs: (await desk.falsehoods()) ?? ["the tickets, which cannot be asked for"] }
}

interface Look {
  readonly found: Found | undefined
  readonly views: readonly FinalView[]
}

async function look(site: Site, devices: readonly Talker[]): Promise<Look> {
  const person = devices[0]?.person ?? 0
  const fresh = new Talker(site, person, `p${person}-fresh`, person, "person")
  // It only looks: what it is shown is not part of the day.
  site.history.streams.splice(site.history.streams.indexOf(fresh.stream), 1)
  fresh.comeBack()
  try {
    const end = performance.now() + OPEN_MS
    while (!fresh.signedIn && performance.now() < end) await delay(20)
    const truth = await everything(fresh)
    if (!truth) {
      site.history.stuck.push(`person ${person} cannot be asked`)
      return { found: undefined, views: [] }
    }
    const userId = fresh.view.user?.id ?? ""
    const messages = truth.flatMap((one) => one.messages).sort(byPosition)
    const externalId = externalIdOf(person)
    const { externalId: recorded, authenticated } = await site
      .admin()
      .holder(site.appId, externalId)
      .catch(() => ({ externalId: undefined, authenticated: false }))
    return {
      found: {
        person,
        userId,
        externalId,
        record: { authenticated, ...(recorded !== undefined && { externalId: recorded }) },
        messages: messages.map(storedOf),
      },
      views: devices.map((device) => compared(device, truth)),
    }
  } finally {
    fresh.close()
  }
}

/** Every conversation with every message; `undefined`: the hub does not answer. */
async function everything(fresh: Talker): Promise<ShownConversation[] | undefined> {
  const all: ShownConversation[] = []
  for (let before: string | undefined; ; ) {
    const answer = await asked(fresh, "conversation:list", { ...(before && { before }) })
    if (!answer) return undefined
    const page = listed.parse(answer)
    for (const facts of page.conversations) {
      const messages = await historyOf(fresh, facts.id)
      if (!messages) return undefined
      all.push(shownConversation(facts, messages, false))
    }
    if (!page.next) return all
    before = page.next
  }
}

async function historyOf(fresh: Talker, conversationId: string): Promise<Message[] | undefined> {
  const all: Message[] = []
  for (let before: string | undefined; ; before = all[0]?.position) {
    const answer = await asked(fresh, "message:list", {
      conversationId,
      limit: PAGE,
      ...(before && { before }),
    })
    if (!answer) return undefined
    const page = results["message:list"].parse(answer)
    all.unshift(...page.messages)
    if (!page.more || page.messages.length === 0) return all
  }
}

async function asked(fresh: Talker, name: string, body: unknown): Promise<unknown> {
  const end = performance.now() + OPEN_MS
  while (performance.now() < end) {
    const answer = await fresh.ask(name, body)
    if (answer.kind === "ok") return answer.result
    if (answer.kind === "refused" && !answer.error.retryable) return undefined
    await delay(LOOK_MS)
  }
  return undefined
}

/** What the device shows, beside what it should; a history told in part is compared where it was told. */
function compared({ name, person, view }: Talker, truth: readonly ShownConversation[]): FinalView {
  const shown = view.conversations()
  const inPart = new Set(shown.filter(({ more }) => more).map(({ id }) => id))
  const known = new Set(shown.flatMap(({ messages }) => messages.map(({ id }) => id)))
  const wanted = truth.flatMap(({ id, messages }) =>
    inPart.has(id)
      ? messages.filter((one, at) => known.has(one.id) || at >= messages.length - LATEST)
      : messages,
  )
  const differing = truth.flatMap(({ id, messages: _, more: __, ...facts }) => {
    const mine = shown.find((one) => one.id === id)
    if (!mine) return [`${id}, which it does not know`]
    const { messages: ___, more: ____, id: _____, ...own } = mine
    return JSON.stringify(own) === JSON.stringify(facts)
      ? []
      : [`${id}: ${JSON.stringify(own).slice(0, 300)} instead of ${JSON.stringify(facts).slice(0, 300)}`]
  })
  const texts = (messages: readonly Message[]) => messages.toSorted(byPosition).map(textOf)
  return {
    device: name,
    person,
    shows: texts(shown.flatMap(({ messages }) => messages)),
    fetched: texts(wanted),
    ...(differing.length > 0 && { differs: differing.join("; ") }),
  }
}

const differs = ({ shows, fetched, differs }: FinalView): boolean =>
  differs !== undefined || shows.length !== fetched.length || shows.some((text, at) => text !== fetched[at])

/** Presents the tokens of visits that have ended in a sign-in, without any other proof. */
export async function revisit(site: Site, talkers: readonly Talker[]): Promise<void> {
  const ended = talkers.flatMap((one) => one.visits.map((visit) => ({ one, ...visit })))
  const signedIn = ended.filter(({ one, guise }) =>
    site.history.sends.some(({ device, guise: as, acked }) => acked && device === one.name && as === guise),
  )
  for (const { one, token } of signedIn.slice(0, VISITS)) {
    const messages = await opened(site, one, token)
    site.history.revisits.push({
      device: one.name,
      person: one.person,
      texts: messages.map(storedOf),
    })
  }
}

/** What a session token opens by itself; nothing, if it is refused. */
async function opened(site: Site, { name, person }: Talker, sessionToken: string): Promise<Message[]> {
  let line: Line | undefined
  const messages = new Promise<Message[]>((resolve) => {
    line = new Line(`${site.url(person)}/messaging`, {
      auth: () => ({ v: 1, appId: site.appId, channel: "web", deviceId: `${name}-again`, sessionToken }),
      frame: (frame, body) => {
        if (frame !== "ready") return
        const { conversations = [] } = frames.ready.parse(body)
        resolve(conversations.flatMap((one) => one.messages ?? []))
      },
      gone: () => undefined,
      refused: ({ retryable }) => {
        if (!retryable) resolve([])
      },
      breach: (what) => site.history.stuck.push(what),
    })
    line.open()
  })
  const late = delay(OPEN_MS).then((): Message[] => {
    site.history.stuck.push(`an old session of ${name} is neither opened nor refused`)
    return []
  })
  const found = await Promise.race([messages, late])
  line?.close()
  return found
}
