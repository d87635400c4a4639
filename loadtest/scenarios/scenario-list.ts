/** Every scenario, in the order of the list. */

import { consoles } from "./busy-consoles.ts"
import { fanIn } from "./fan-in.ts"
import { fanout10, fanout100 } from "./fanout.ts"
import { far } from "./far.ts"
import { growth } from "./growth.ts"
import { IDLE } from "./idle.ts"
import { largeMerge } from "./large-merge.ts"
import { merges } from "./merges.ts"
import { nodes } from "./nodes.ts"
import { open } from "./open.ts"
import { paging } from "./paging.ts"
import { saturation } from "./saturation.ts"
import type { Scenario } from "./scenario.ts"
import { bytes } from "./stored-bytes.ts"
import { storm } from "./storm.ts"
import { tickets } from "./tickets.ts"
import { flood } from "./under-flood.ts"

export const SCENARIOS: readonly Scenario[] = [
  saturation,
  open,
  fanout10,
  fanout100,
  ...IDLE,
  merges,
  largeMerge,
  far,
  storm,
  paging,
  consoles,
  tickets,
  flood,
  growth,
  nodes,
  fanIn,
  bytes,
]
