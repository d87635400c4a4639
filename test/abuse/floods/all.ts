/** Every flood of the suite, in the order in which they are reported. */
import type { Flood } from "../flood.ts"
import { COMMANDS } from "./commands.ts"
import { CROWDS } from "./crowds.ts"
import { FUZZ } from "./fuzz.ts"
import { PACKETS } from "./packets.ts"
import { READS } from "./reads.ts"
import { REQUESTS } from "./requests.ts"

export const FLOODS: readonly Flood[] = [...READS, ...PACKETS, ...COMMANDS, ...CROWDS, ...REQUESTS, FUZZ]
