/** The inspector of a process that was started with `--inspect`: what it holds when what it does not need is gone. */
import { z } from "zod"
import { frame, Stranger } from "./stranger.ts"

const address = /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/
const answer = z.looseObject({
  id: z.number().optional(),
  result: z.looseObject({ result: z.looseObject({ value: z.unknown() }).optional() }).optional(),
})
const WHAT = "const { heapUsed, external } = process.memoryUsage(); heapUsed + external"

export class Inspector {
  readonly #stranger: Stranger
  #asked = 0

  constructor(said: string) {
    const found = address.exec(said)?.[0]
    if (!found) throw new Error("the process was not started with --inspect")
    const url = new URL(found)
    this.#stranger = new Stranger({ url: `http://${url.host}`, path: url.pathname })
  }

  /** Bytes on and beside the heap that are still needed. */
  async alive(): Promise<number> {
    await this.#ask("HeapProfiler.collectGarbage", {})
    const { result } = await this.#ask("Runtime.evaluate", { expression: `{ ${WHAT} }` })
    return z.number().parse(result?.result?.value)
  }

  close(): void {
    this.#stranger.end()
  }

  async #ask(method: string, params: object): Promise<z.infer<typeof answer>> {
    this.#asked += 1
    const id = this.#asked
    await this.#stranger.write(frame(JSON.stringify({ id, method, params })))
    const text = await this.#stranger.text(`{"id":${id},`, 30_000)
    if (text === undefined) throw new Error(`the inspector did not answer ${method}`)
    return answer.parse(JSON.parse(text))
  }
}
