/** Whether the process is alive, whether it may be sent work, and its metrics. */
import type { Metrics } from "../../lib/metrics.ts"
import { HubError } from "../../protocol/errors.ts"
import { bearerCheck } from "./bearer.ts"
import {
  type HttpAnswer,
  type HttpRequest,
  json,
  methodRefused,
  plain,
  type Route,
  reads,
  refusal,
} from "./exchange.ts"

/** Units of work for a request: readiness writes to the store, and metrics are put together each time. */
const READY_WORK = 20
const METRICS_WORK = 40

export interface HealthParts {
  /** True while the hub takes work; false while it drains. May reject where the store does not answer. */
  readonly ready: () => boolean | Promise<boolean>
  readonly metrics: Metrics
  /** What a reader of the metrics must show; nothing if not given. */
  readonly token?: string | undefined
}

export function health({ ready, metrics, token }: HealthParts): readonly Route[] {
  const demandBearer = token === undefined ? undefined : bearerCheck(token, "METRICS_TOKEN")
  return [
    page("/health/live", undefined, () => json(200, { status: "live" })),
    page("/health/ready", READY_WORK, async () => {
      const takesWork = await Promise.resolve()
        .then(ready)
        .catch(() => false)
      return takesWork ? json(200, { status: "ready" }) : refusal(new HubError("unavailable"))
    }),
    page("/metrics", METRICS_WORK, ({ request }) => {
      demandBearer?.(request.headers.authorization)
      return plain(200, metrics.text(), "text/plain; version=0.0.4; charset=utf-8")
    }),
  ]
}

/** A page that is only read; its query is ignored. */
function page(
  at: string,
  work: number | undefined,
  answer: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>,
): Route {
  return {
    at,
    ...(work !== undefined && { work }),
    answer: (request) => (reads(request.method) ? answer(request) : methodRefused(request.method, ["GET"])),
  }
}
