import { expect, test } from "vitest"
import { createMetrics } from "../../src/lib/metrics.ts"

test("counters, with and without labels", () => {
  const metrics = createMetrics()
  const sends = metrics.counter("sends_total", "Messages stored.")
  const refused = metrics.counter("refused_total", "Refusals.", ["code", "door"])
  sends.inc({})
  sends.inc({}, 2)
  refused.inc({ code: "conflict", door: "socket" })
  expect(metrics.text()).toBe(
    [
      "# HELP sends_total Messages stored.",
      "# TYPE sends_total counter",
      "sends_total 3",
      "# HELP refused_total Refusals.",
      "# TYPE refused_total counter",
      'refused_total{code="conflict",door="socket"} 1',
      "",
    ].join("\n"),
  )
})

test("gauges: set, moved, or asked when the metrics are read", () => {
  const metrics = createMetrics()
  const sockets = metrics.gauge("sockets", "Open sockets.", ["channel"])
  sockets.set({ channel: "web" }, 5)
  sockets.add({ channel: "web" }, -2)
  sockets.add({ channel: "ios" }, 1)
  let rooms = 1
  metrics.watch("rooms", "Rooms.", () => rooms)
  rooms = 7
  const text = metrics.text()
  expect(text).toContain('\nsockets{channel="web"} 3\nsockets{channel="ios"} 1\n')
  expect(text).toContain("\n# TYPE rooms gauge\nrooms 7\n")
})

test("histograms count each value into its bucket and all above", () => {
  const metrics = createMetrics()
  const took = metrics.histogram("took_seconds", "How long it took.", [0.1, 1], ["command"])
  for (const value of [0.05, 0.1, 0.5, 9]) took.observe({ command: "login" }, value)
  expect(metrics.text().split("\n").slice(1)).toEqual([
    "# TYPE took_seconds histogram",
    'took_seconds_bucket{command="login",le="0.1"} 2',
    'took_seconds_bucket{command="login",le="1"} 3',
    'took_seconds_bucket{command="login",le="+Inf"} 4',
    'took_seconds_sum{command="login"} 9.65',
    'took_seconds_count{command="login"} 4',
    "",
  ])
})

test("a label's value cannot break out of its quotes", () => {
  const metrics = createMetrics()
  metrics.counter("odd_total", "Odd.", ["name"]).inc({ name: 'a"} 1\nb\\' })
  expect(metrics.text()).toContain('odd_total{name="a\\"} 1\\nb\\\\"} 1\n')
})

test("a name is declared once", () => {
  const metrics = createMetrics()
  metrics.gauge("twice", "Once.")
  expect(() => metrics.counter("twice", "Again.")).toThrow("twice")
})
