/** Every job by its name. */
import type { MakeJob } from "./job.ts"
import { consoles } from "./jobs/consoles-job.ts"
import { far } from "./jobs/far-job.ts"
import { flood } from "./jobs/flood-job.ts"
import { idle } from "./jobs/idle-job.ts"
import { large } from "./jobs/large-job.ts"
import { merges } from "./jobs/merges-job.ts"
import { paging } from "./jobs/paging-job.ts"
import { rooms } from "./jobs/rooms-job.ts"
import { storm } from "./jobs/storm-job.ts"
import { tickets } from "./jobs/tickets-job.ts"

export const JOBS: Readonly<Record<string, MakeJob>> = {
  rooms,
  consoles,
  idle,
  storm,
  merges,
  paging,
  tickets,
  flood,
  far,
  large,
}
