/** Every flood of the suite, in the order in which they are reported. */
import type { Flood } from "../flood.ts"
import { AGENTS } from "./agent-floods.ts"
import { COMMANDS } from "./command-floods.ts"
import { CROWDS } from "./crowd-floods.ts"
import { FUZZ } from "./fuzz.ts"
import { IDENTITIES } from "./identity-floods.ts"
import { ODD_PACKETS } from "./odd-packet-floods.ts"
import { ODD_REQUESTS } from "./odd-request-floods.ts"
import { PACKETS } from "./packet-floods.ts"
import { READS } from "./read-floods.ts"
import { REQUESTS } from "./request-floods.ts"
import { WIRES } from "./wire-floods.ts"

export const FLOODS: readonly Flood[] = [
  ...READS,
  ...PACKETS,
  ...COMMANDS,
  ...CROWDS,
  ...REQUESTS,
  ...IDENTITIES,
  ...AGENTS,
  ...WIRES,
  ...ODD_PACKETS,
  ...ODD_REQUESTS,
  FUZZ,
]
