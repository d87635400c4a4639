/** A generator: a process of its own that does one job, as the bench tells it over IPC. */
import type { Call, Job, MakeJob, Reply } from "./job.ts"
import { JOBS } from "./job-table.ts"

let job: Job | undefined

const reply = (message: Reply): void => {
  // Without a bench there is no one to report to, and nothing to do.
  if (process.connected) process.send?.(message)
}

async function perform({ verb, argument }: Call): Promise<unknown> {
  if (verb === "prepare") {
    // The boundary: the bench and this file are of one version.
    const { name, params } = argument as { name: string; params: unknown }
    const make: MakeJob | undefined = JOBS[name]
    if (!make) throw new Error(`There is no job ${name}.`)
    job = await make(params, (progress) => reply({ progress }))
    return undefined
  }
  const found = job?.[verb]
  if (!found) throw new Error(`The job does not know ${verb}.`)
  return await found(argument)
}

process.on("message", (message) => {
  const call = message as Call
  perform(call).then(
    (result) => reply({ id: call.id, result }),
    (error: unknown) =>
      reply({ id: call.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  )
})
process.on("disconnect", () => process.exit(0))
