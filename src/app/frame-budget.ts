/** Bounds by bytes, not by count: a frame never grows past what a slow phone can take (docs/protocol.md 2, 3.1). */
import { byteLength } from "../protocol/scalars.ts"

/** No frame is larger than 256 KB; the envelope of Socket.IO and the fields around the lists need a little. */
export const FRAME_BYTES = 256 * 1024
export const FRAME_BUDGET = FRAME_BYTES - 8 * 1024

/** Bytes of a value as JSON. */
export function sizeOf(value: unknown): number {
  return byteLength(JSON.stringify(value) ?? "")
}
