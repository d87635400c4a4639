/**
 * The play: a person books a house on the phone while the tablet looks on, and an agent answers; the same person goes
 * on in a browser as an unknown visitor; the visitor signs in; and there is one user with one history, live on three
 * devices, with one ticket for the agent.
 */
import type { Clock } from "../lib/clock.ts"
import type { Message } from "../protocol/model.ts"
import { agentCell, deviceCell, historyLine } from "./cells.ts"
import { row, rule } from "./columns.ts"
import { AgentConsole } from "./demo-console.ts"
import { DemoDevice } from "./demo-device.ts"
import { ANONYMOUS, type DialogueTurn, ON_THE_PHONE, TOGETHER } from "./dialogue.ts"

export interface Stage {
  readonly url: string
  readonly clock: Clock
  readonly print: (text: string) => void
  /** A pause after each turn, for people who read along. */
  readonly pauseMs: number
}

export interface PlayReport {
  /** Acknowledged messages that a device or the agent did not get, or that are missing when read again. */
  readonly lost: number
  readonly doubled: number
  /** All devices and the agent got, and read again, the same messages in the same order. */
  readonly equal: boolean
}

type Part = DemoDevice | AgentConsole

export async function play({ url, clock, print, pauseMs }: Stage): Promise<PlayReport> {
  const jwt = await token(url, "externalId=mira&name=Mira")
  const phone = new DemoDevice("phone", url, { channel: "ios", jwt }, clock)
  const tablet = new DemoDevice("tablet", url, { channel: "android", jwt }, clock)
  const web = new DemoDevice("web", url, { channel: "web" }, clock)
  const agent = new AgentConsole(url, await token(url, "agentId=ana&name=Ana"), clock)
  const devices = [phone, tablet, web]
  const cast: readonly Part[] = [...devices, agent]
  const line = rule(cast.length)
  const look = (): void => print(row([...devices.map((device) => deviceCell(device)), agentCell(agent)]))

  const said: string[] = []
  const scene = async (
    turns: readonly DialogueTurn[],
    writers: readonly DemoDevice[],
    audience: readonly Part[],
  ) => {
    for (const [index, { speaker, text }] of turns.entries()) {
      const writer = writers[Math.floor(index / 2) % writers.length] ?? web
      const localId = `turn-${said.length}`
      const message = await (speaker === "user" ? writer.write(localId, text) : agent.answer(localId, text))
      said.push(message.id)
      await Promise.all(audience.map((part) => part.sees([message.id])))
      look()
      await pause(clock, pauseMs)
    }
  }

  try {
    await Promise.all(cast.map((part) => part.ready()))
    print(row(["phone, as Mira", "tablet, as Mira", "web, a visitor", "the agent's console"]))
    print(line)
    await scene(ON_THE_PHONE, [phone], [phone, tablet, agent])
    await scene(ANONYMOUS, [web], [web, agent])

    const outcome = await web.login(jwt)
    await Promise.all([...devices.map((device) => device.sees(said)), agent.seesMerge()])
    print(`${line}\nThe web has signed in as Mira: ${outcome}, ${web.held.length} messages.\n${line}`)
    look()
    await pause(clock, pauseMs)
    await scene(TOGETHER, [tablet, web, phone], cast)

    const histories = await Promise.all(cast.map((part) => part.history()))
    print(
      "\nThe history, as each of them finds it when it asks again (✓ written by somebody who had signed in):\n",
    )
    print((histories[0] ?? []).map(historyLine).join("\n"))
    return judged(said, cast, histories)
  } finally {
    for (const part of cast) part.close()
  }
}

async function token(url: string, who: string): Promise<string> {
  const answered = await fetch(`${url}/dev/token?${who}`)
  // The boundary: this is what the hub answers.
  const { jwt } = (await answered.json()) as { jwt: string }
  return jwt
}

function judged(
  said: readonly string[],
  cast: readonly Part[],
  histories: readonly (readonly Message[])[],
): PlayReport {
  const fetched = histories.map((history) => history.map(({ id }) => id))
  const pictures = [...cast.map(({ held }) => held), ...fetched]
  const missing = pictures.map((ids) => said.filter((id) => !ids.includes(id)).length)
  const again = pictures.map((ids) => ids.length - new Set(ids).size)
  return {
    lost: sum(missing),
    doubled: sum(again) + sum(cast.map(({ doubled }) => doubled)),
    equal: new Set(pictures.map((ids) => ids.join())).size === 1,
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.after(ms, resolve))
