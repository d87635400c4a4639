/** Every job by its name. */
import type { MakeJob } from "./job.ts"
import { consoles } from "./jobs/consoles.ts"
import { flood } from "./jobs/flood.ts"
import { idle } from "./jobs/idle.ts"
import { merges } from "./jobs/merges.ts"
import { paging } from "./jobs/paging.ts"
import { rooms } from "./jobs/rooms.ts"
import { storm } from "./jobs/storm.ts"
import { tickets } from "./jobs/tickets.ts"

export const JOBS: Readonly<Record<string, MakeJob>> = {
  rooms,
  consoles,
  idle,
  storm,
  merges,
  paging,
  tickets,
  flood,
}
