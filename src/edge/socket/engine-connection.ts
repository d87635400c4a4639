import type { FramedConnection } from "./frame-writer.ts"

/** The part of an Engine.IO connection that the guard uses. */
export interface EngineConnection extends FramedConnection {
  close(discard?: boolean): void
  readonly transport: FramedConnection["transport"] & { readonly socket?: Pausable }
}

/** To stop reading, the WebSocket must be paused: if only the TCP socket is, the WebSocket resumes it by itself. */
interface Pausable {
  pause(): void
  resume(): void
}
