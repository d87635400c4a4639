/** A person's device: it talks, signs in and out, goes away and comes back, and writes down all that it is shown. */
import { setTimeout as delay } from "node:timers/promises"
import { z } from "zod"
import { type FeedEvent, frames, results, type State, type WireError } from "../acceptance/shapes.ts"
import type { View } from "../acceptance/view.ts"
import type { Guise, Stream } from "./day-history.ts"
import { DeviceRecorder } from "./device-recorder.ts"
import { externalIdOf, type Site } from "./site.ts"
import { type Answer, Line } from "./stock-line.ts"
import { CURED_BY_LOGIN, TalkerOutbox } from "./talker-outbox.ts"

const AGAIN_MS = 150
const LOOK_MS = 25
/** The signals after which only a login helps. */
const SILENCES = ["auth:required", "auth:expired", "auth:revoked"]
const headSignal = z.object({ offset: z.number() })

export class Talker {
  readonly name: string
  readonly person: number
  readonly stream: Stream
  readonly #recorder: DeviceRecorder
  /** Session tokens of the visitors it has been, and which. */
  readonly visits: { readonly guise: number; readonly userId: string; readonly token: string }[] = []
  readonly #site: Site
  readonly #line: Line
  readonly #outbox: TalkerOutbox
  #tasks: Promise<void> = Promise.resolve()
  #unfinished = 0
  #wish: "visitor" | "person"
  #guise: Guise = 0
  #visitor: string | undefined
  #sessionToken: string | undefined
  /** Its `ready` came on this connection, and nothing has silenced it since. */
  #isReady = false
  #silenced = false
  #leaving = false
  #closed = false

  constructor(site: Site, person: number, name: string, node: number, wish: "visitor" | "person") {
    this.#site = site
    this.person = person
    this.name = name
    this.#wish = wish
    this.stream = { device: name, person, shown: [], breaches: [] }
    this.#recorder = new DeviceRecorder(this.stream, () => site.now())
    site.history.streams.push(this.stream)
    this.#line = new Line(`${site.url(node)}/messaging`, {
      auth: () => this.#auth(),
      frame: (frame, body) => this.#hear(frame, body),
      gone: () => {
        this.#isReady = false
        this.#silenced = false
      },
      refused: (error) => this.#refused(error),
      breach: (what) => this.stream.breaches.push(what),
    })
    this.#outbox = new TalkerOutbox(site, {
      person,
      name,
      guise: () => this.#guise,
      isClosed: () => this.#closed,
      mayTalk: () => this.#until(() => this.#isReady && !this.#leaving),
      ask: (command, body) => this.ask(command, body),
      silence: (code) => this.#silence(code),
    })
  }

  get view(): View {
    return this.#recorder.view
  }

  get signedIn(): boolean {
    return this.#guise === "signed in" && this.#isReady
  }

  get usable(): boolean {
    return this.#isReady
  }

  get idle(): boolean {
    return this.#outbox.empty
  }

  /** It signs in or out, or will. */
  get busy(): boolean {
    return this.#unfinished > 0
  }

  comeBack(): void {
    this.#line.open()
  }

  leave(): void {
    this.#line.close()
  }

  close(): void {
    this.#closed = true
    this.#line.close()
  }

  say(times = 1): void {
    this.#outbox.say(times)
  }

  signIn(): Promise<void> {
    return this.#task(() => this.#signIn())
  }

  logOut(): Promise<void> {
    return this.#task(async () => {
      await this.#until(() => this.idle)
      if (!this.signedIn || !this.idle) return
      // What is said from now on is said by whom it will be then.
      this.#leaving = true
      this.#wish = "visitor"
      await this.#untilAnswered("logout", {}, () => this.#guise !== "signed in")
      this.#leaving = false
    })
  }

  /** Reads all that it shows; the answer does not matter. */
  async read(): Promise<void> {
    const [conversation] = this.view.conversations()
    const last = conversation?.messages.at(-1)
    if (!conversation || !last || !this.usable) return
    await this.ask("conversation:read", { conversationId: conversation.id, position: last.position })
  }

  ask(name: string, body: unknown): Promise<Answer> {
    return this.#line.ask(name, body)
  }

  #task(work: () => Promise<void>): Promise<void> {
    this.#unfinished += 1
    this.#tasks = this.#tasks.then(work).finally(() => {
      this.#unfinished -= 1
    })
    return this.#tasks
  }

  async #signIn(): Promise<void> {
    if (this.signedIn) return
    this.#wish = "person"
    const { name: device, person } = this
    const record = { device, person, from: this.#guise, invoked: this.#site.now() }
    this.#site.history.signIns.push(record)
    const jwt = () => this.#site.userToken(externalIdOf(person))
    await this.#untilAnswered(
      "login",
      () => ({ jwt: jwt() }),
      () => this.signedIn,
    )
    Object.assign(record, { acked: this.#site.now() })
  }

  /** Asks whenever it can, until it is so – by the answer, or by what the next handshake brought. */
  async #untilAnswered(name: string, body: object | (() => object), so: () => boolean): Promise<void> {
    while (!so() && !this.#closed) {
      await this.#until(() => so() || (this.#line.connected && (this.#isReady || this.#silenced)))
      if (so() || this.#closed) return
      const answer = await this.#line.ask(name, typeof body === "function" ? body() : body, (result) =>
        this.#recorder.judged(results.logout.loose(), result, ({ state }) => this.#introduce(state)),
      )
      if (answer.kind === "refused") {
        if (!answer.error.retryable && !CURED_BY_LOGIN.includes(answer.error.code))
          this.stream.breaches.push(`${name}: ${answer.error.code}: ${answer.error.message}`)
        await delay(answer.error.retryAfterMs ?? AGAIN_MS)
        if (CURED_BY_LOGIN.includes(answer.error.code)) this.#line.drop()
      }
    }
  }

  #auth(): Record<string, unknown> {
    const person = this.#wish === "person"
    // A cursor is of the feed that it comes back to.
    const same = person === (this.#guise === "signed in")
    const all = {
      v: 1,
      appId: this.#site.appId,
      channel: "web",
      deviceId: this.name.replaceAll(/[^A-Za-z0-9_-]/g, "-"),
      jwt: person ? this.#site.userToken(externalIdOf(this.person)) : undefined,
      sessionToken: this.#sessionToken,
      cursor: same && this.view.cursor !== "" ? this.view.cursor : undefined,
    }
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  }

  #refused({ code, message, retryable }: WireError): void {
    if (code === "session_consumed" || code === "session_invalid") this.#strangerAgain(code)
    else if (!retryable) this.stream.breaches.push(`the handshake: ${code}: ${message}`)
  }

  /** Its session opens nothing more: right when it has signed in, wrong when it is still a visitor. */
  #strangerAgain(code: string): void {
    if (this.#wish === "visitor" && this.#site.history.losses.length === 0)
      this.stream.breaches.push(`[P1] a visitor who never signed in: ${code}`)
    this.#sessionToken = undefined
    this.#line.drop()
  }

  #hear(name: string, body: unknown): void {
    if (name === "ready") this.#recorder.judged(frames.ready, body, (state) => this.#introduce(state))
    else if (name === "event") this.#recorder.judged(frames.event, body, (event) => this.#apply(event))
    else if (SILENCES.includes(name)) this.#silence(name)
    else if (name === "head") {
      const offset = headSignal.safeParse(body).data?.offset ?? 0
      if (this.view.offset !== undefined && offset > this.view.offset)
        this.stream.breaches.push(`[P2] the feed is told up to ${offset}, heard up to ${this.view.offset}`)
    }
  }

  #silence(why: string): void {
    this.#isReady = false
    this.#silenced = true
    if (this.#wish === "person") void this.signIn()
    else this.#strangerAgain(why)
  }

  #introduce(state: State): void {
    const { user } = state
    if (user.authenticated) {
      if (user.externalId !== externalIdOf(this.person))
        this.stream.breaches.push(`[P4] is told to be ${user.externalId}`)
      this.#guise = "signed in"
      this.#sessionToken = undefined
      this.#visitor = undefined
    } else {
      if (this.#visitor !== user.id) {
        this.#visitor = user.id
        // A lost sign-in makes it again the visitor that it was.
        const known = this.visits.find(({ userId }) => userId === user.id)
        const guise = known?.guise ?? this.visits.length + 1
        if (!known) this.visits.push({ guise, userId: user.id, token: state.sessionToken ?? "" })
        this.#guise = guise
      }
      this.#sessionToken = state.sessionToken
    }
    this.#isReady = true
    this.#silenced = false
    this.#recorder.introduce(state, this.#guise)
  }

  #apply(event: FeedEvent): void {
    if (!this.#isReady && !this.#silenced) this.stream.breaches.push("3.1 an event before the ready")
    if (this.#silenced) this.stream.breaches.push("[P4] an event after it was silenced")
    this.#recorder.apply(event, this.#guise)
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds() && !this.#closed) await delay(LOOK_MS)
  }
}
