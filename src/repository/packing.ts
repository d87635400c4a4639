/** Values of the hub's own as MessagePack. Never unpacks what a client sent. */
import { Packr } from "msgpackr"

const packr = new Packr({
  useRecords: false,
  structuredClone: false,
  int64AsType: "number",
  moreTypes: false,
  // Metadata may have any field names, also `toJSON` and `constructor`: none of them means anything.
  useToJSON: false,
})

/** Only for values that the hub itself encodes: what `pack` wrote, `unpack` gives back. */
export const pack = (value: unknown): Uint8Array => packr.pack(value)
export const unpack = (bytes: Uint8Array): unknown => packr.unpack(bytes)
