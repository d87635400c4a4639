import type { FramedConnection } from "./frame-writer.ts"

/** An engine's connection, as far as it is looked at here. */
export interface EngineConnection extends FramedConnection {
  close(discard?: boolean): void
  readonly transport: FramedConnection["transport"] & { readonly socket?: Pausable }
}

/** WebSocket's own way to stop reading: it starts again by itself where only the connection below was stopped. */
interface Pausable {
  pause(): void
  resume(): void
}
