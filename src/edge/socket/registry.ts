/** The open sessions of a node in one namespace, each with its socket. */
import type { App } from "../../app/app.ts"

export interface Registered {
  readonly app: App
  readonly turns: { run<T>(task: () => Promise<T>): Promise<T> }
}

export class Registry<Session extends Registered, Socket> {
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

  /** Resolves when no task that was begun is still running. */
  async idle(): Promise<void> {
    await Promise.all([...this.#sockets.keys()].map((session) => session.turns.run(async () => undefined)))
  }
}
