/**
 * The play: somebody books a house on the phone while the tablet looks on; the same person goes on in a browser as
 * an unknown visitor; the visitor signs in; and there is one person with one history, live on three devices.
 */
import type { Clock } from "../lib/clock.ts"
import type { Message } from "../protocol/model.ts"
import { row, rule } from "./columns.ts"
import { Device, type Sight } from "./device.ts"
import { ANONYMOUS, ON_THE_PHONE, TOGETHER, type Turn } from "./dialogue.ts"

export interface Stage {
  readonly url: string
  readonly adminToken: string
  readonly clock: Clock
  readonly print: (text: string) => void
  /** A rest after each turn, for those who read along. */
  readonly pauseMs: number
}

export interface Outcome {
  /** Acknowledged messages that a device was not shown, or does not find when it asks. */
  readonly lost: number
  readonly doubled: number
  /** All devices were shown, and find, the same messages in the same order. */
  readonly equal: boolean
}

const AGENT = { type: "agent", id: "ana", name: "Ana" } as const

export async function play(stage: Stage): Promise<Outcome> {
  const { url, clock, print } = stage
  const jwt = await token(url, "mira")
  const phone = new Device("phone", url, { channel: "ios", jwt }, clock)
  const tablet = new Device("tablet", url, { channel: "android", jwt }, clock)
  const web = new Device("web", url, { channel: "web" }, clock)
  const devices = [phone, tablet, web]
  try {
    await Promise.all(devices.map((device) => device.ready()))
    print(row(["phone (signed in as Mira)", "tablet (signed in as Mira)", "web (a visitor)"]))
    print(rule(devices.length))

    const said: string[] = []
    const scene = async (
      turns: readonly Turn[],
      writers: readonly Device[],
      listeners: readonly Device[],
    ) => {
      let conversationId = ""
      for (const [index, { speaker, text }] of turns.entries()) {
        const writer = writers[Math.floor(index / 2) % writers.length] ?? web
        const localId = `turn-${said.length}`
        const message =
          speaker === "user"
            ? await write(writer, localId, text)
            : await answer(stage, conversationId, localId, text)
        conversationId = message.conversationId
        said.push(message.id)
        const shown = (device: Device) =>
          device.until(`${device.name} sees "${text}"`, () => device.held.includes(message.id))
        await Promise.all(listeners.map(shown))
        print(row(devices.map((device) => cell(device, device.glance()))))
        await pause(clock, stage.pauseMs)
      }
    }

    await scene(ON_THE_PHONE, [phone], [phone, tablet])
    await scene(ANONYMOUS, [web], [web])
    const outcome = await web.login(jwt)
    const whole = (device: Device) =>
      device.until(`${device.name} sees the merge`, () => said.every((id) => device.held.includes(id)))
    await Promise.all(devices.map(whole))
    print(rule(devices.length))
    const signedIn = `* signed in as Mira: ${outcome}, ${web.held.length} messages`
    print(row([cell(phone, phone.glance()), cell(tablet, tablet.glance()), signedIn]))
    print(rule(devices.length))
    await scene(TOGETHER, [tablet, web, phone], devices)

    const histories = await Promise.all(devices.map((device) => device.history()))
    print("\nThe history, as each of them finds it when it asks again:\n")
    print((histories[0] ?? []).map(line).join("\n"))
    return judged(said, devices, histories)
  } finally {
    for (const device of devices) device.close()
  }
}

async function token(url: string, externalId: string): Promise<string> {
  const answered = await fetch(`${url}/dev/token?externalId=${externalId}&name=Mira`)
  // The boundary: this is what the hub's own door answers.
  const { jwt } = (await answered.json()) as { jwt: string }
  return jwt
}

async function write(device: Device, localId: string, text: string): Promise<Message> {
  const { message } = await device.command("message:send", { localId, content: { type: "text", text } })
  return message
}

/** The agent speaks through the admin API, as a back end does. */
async function answer(stage: Stage, conversationId: string, localId: string, text: string): Promise<Message> {
  const answered = await fetch(`${stage.url}/v1/apps/demo/conversations/${conversationId}/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${stage.adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({ localId, author: AGENT, content: { type: "text", text } }),
  })
  if (!answered.ok) throw new Error(`the agent was refused: ${await answered.text()}`)
  // The boundary: the result of `postMessage` in the table of the admin API.
  const { message } = (await answered.json()) as { message: Message }
  return message
}

const textOf = ({ content }: Message): string => (content.type === "text" ? content.text : content.type)
const CHANNELS = { ios: "phone", android: "tablet", web: "web", agent: "agent", api: "agent" } as const

function cell(device: Device, sights: readonly Sight[]): string {
  const told = sights.map((sight) => {
    if (sight.kind === "merge") return `* user:merge: ${sight.brought} messages from the web join`
    const { author, source } = sight.message
    const from = author.type === "user" ? CHANNELS[source.channel] : (author.name ?? author.type)
    return `${source.deviceId === device.name ? "me" : from}: ${textOf(sight.message)}`
  })
  return told.join("\n")
}

function line(message: Message, index: number): string {
  const from = CHANNELS[message.source.channel]
  const who = message.author.type === "user" && !message.authenticated ? `${from}, anonymous` : from
  return `${String(index + 1).padStart(4)}  ${who.padEnd(16)}  ${textOf(message)}`
}

function judged(
  said: readonly string[],
  devices: readonly Device[],
  histories: readonly (readonly Message[])[],
): Outcome {
  const fetched = histories.map((history) => history.map(({ id }) => id))
  const pictures = [...devices.map(({ held }) => held), ...fetched]
  const missing = pictures.map((ids) => said.filter((id) => !ids.includes(id)).length)
  const again = pictures.map((ids) => ids.length - new Set(ids).size)
  return {
    lost: sum(missing),
    doubled: sum(again) + sum(devices.map(({ doubled }) => doubled)),
    equal: new Set(pictures.map((ids) => ids.join())).size === 1,
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.after(ms, resolve))
