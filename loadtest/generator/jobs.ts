/** Every job by its name. */
import type { MakeJob } from "./job.ts"
import { consoles } from "./jobs/consoles.ts"
import { idle } from "./jobs/idle.ts"
import { merges } from "./jobs/merges.ts"
import { rooms } from "./jobs/rooms.ts"
import { storm } from "./jobs/storm.ts"

export const JOBS: Readonly<Record<string, MakeJob>> = { rooms, consoles, idle, storm, merges }
