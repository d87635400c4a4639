/** The open sessions of a node in one namespace, each with its socket. */
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises"
import type { App } from "../../app/app.ts"

/** How long the commands of a connection that ends may take. */
const ANSWERED_MS = 3_000

export interface Registered {
  readonly app: App
  readonly turns: { run<T>(task: () => Promise<T>): Promise<T> }
}

interface Closable {
  readonly conn: { close(discard?: boolean): void }
}

export class Registry<Session extends Registered, Socket extends Closable> {
  readonly #sockets = new Map<Session, Socket>()
  /** By app id, so that a change of one app does not go through the sessions of all. */
  readonly #apps = new Map<string, Set<Session>>()

  add(session: Session, socket: Socket): void {
    this.#sockets.set(session, socket)
    const sessions = this.#apps.get(session.app.id) ?? new Set()
    this.#apps.set(session.app.id, sessions.add(session))
  }

  remove(session: Session): void {
    this.#sockets.delete(session)
    const sessions = this.#apps.get(session.app.id)
    if (sessions?.delete(session) && sessions.size === 0) this.#apps.delete(session.app.id)
  }

  get count(): number {
    return this.#sockets.size
  }

  socketOf(session: Session): Socket | undefined {
    return this.#sockets.get(session)
  }

  all(): readonly (readonly [Session, Socket])[] {
    return [...this.#sockets]
  }

  of(appId: string): readonly Session[] {
    return [...(this.#apps.get(appId) ?? [])]
  }

  /**
   * Closes the connection when its commands are answered, or after a while: a client hears of each what became of it. It
   * reconnects by itself, and the handshake tells it why.
   */
  async endAnswered(session: Session): Promise<void> {
    const socket = this.#sockets.get(session)
    const done = session.turns.run(async () => undefined)
    await Promise.race([done, delay(ANSWERED_MS, undefined, { ref: false })])
    // Answers leave at the end of a turn of the event loop.
    await turn()
    socket?.conn.close(true)
  }

  /** Resolves when no task that was begun is still running. */
  async idle(): Promise<void> {
    await Promise.all([...this.#sockets.keys()].map((session) => session.turns.run(async () => undefined)))
  }
}
