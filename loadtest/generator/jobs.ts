/** Every job by its name. */
import type { MakeJob } from "./job.ts"
import { consoles } from "./jobs/consoles.ts"
import { rooms } from "./jobs/rooms.ts"

export const JOBS: Readonly<Record<string, MakeJob>> = { rooms, consoles }
