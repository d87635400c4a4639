/** Wraps the browser's WebSocket, so that a button can cut the line: as a tunnel does, without a closing frame. */
export class CuttableLine {
  readonly #sockets = new Set<WebSocket>()
  #cut = false

  constructor() {
    const { WebSocket: Real } = globalThis
    const begun = (socket: WebSocket): void => {
      this.#sockets.add(socket)
      if (this.#cut) socket.close()
    }
    globalThis.WebSocket = class extends Real {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols)
        begun(this)
      }
    }
  }

  get isCut(): boolean {
    return this.#cut
  }

  cut(cut: boolean): void {
    this.#cut = cut
    if (!cut) {
      dispatchEvent(new Event("online"))
      return
    }
    for (const socket of this.#sockets) socket.close()
    this.#sockets.clear()
  }
}
