/**
 * Numbers about the process, as Prometheus reads them (text format 0.0.4). A family is declared once with its
 * help and the names of its labels. A series appears with its first value; one without labels is there from the start.
 */
export type Labels<Name extends string> = Readonly<Record<Name, string>>

export interface Counter<Name extends string> {
  inc(labels: Labels<Name>, by?: number): void
}

export interface Gauge<Name extends string> {
  set(labels: Labels<Name>, value: number): void
  add(labels: Labels<Name>, by: number): void
}

export interface Histogram<Name extends string> {
  observe(labels: Labels<Name>, value: number): void
}

export interface Metrics {
  counter<Name extends string = never>(name: string, help: string, labels?: readonly Name[]): Counter<Name>
  gauge<Name extends string = never>(name: string, help: string, labels?: readonly Name[]): Gauge<Name>
  /** A gauge without labels whose value is read at each scrape. */
  watch(name: string, help: string, value: () => number): void
  histogram<Name extends string = never>(
    name: string,
    help: string,
    /** Upper bounds, rising; the last bucket, +Inf, is added. */
    bounds: readonly number[],
    labels?: readonly Name[],
  ): Histogram<Name>
  /** Everything, as the body of an answer to `GET /metrics`. */
  text(): string
}

type Kind = "counter" | "gauge" | "histogram"

export function createMetrics(): Metrics {
  const families = new Map<string, () => string>()

  const declare = (kind: Kind, name: string, help: string, samples: () => Iterable<string>): void => {
    if (families.has(name)) throw new Error(`metric ${name} is declared twice`)
    const head = `# HELP ${name} ${help.replace(/[\\\n]/g, escapeOf)}\n# TYPE ${name} ${kind}\n`
    families.set(name, () => head + [...samples()].map((sample) => `${sample}\n`).join(""))
  }

  /** Counters and gauges: one number per series. */
  const numbers = <Name extends string>(
    kind: Kind,
    name: string,
    help: string,
    labels: readonly Name[],
  ): Gauge<Name> => {
    const series = new Map<string, number>(labels.length === 0 ? [["", 0]] : [])
    const named = new Map<string, string>()
    const seriesOf = (at: Labels<Name>): string => {
      const values = labels.map((label) => at[label]).join("\n")
      const known = named.get(values)
      if (known !== undefined) return known
      const key = nameSeries(labels, at)
      named.set(values, key)
      return key
    }
    declare(kind, name, help, () => [...series].map(([at, value]) => `${name}${braced(at)} ${value}`))
    return {
      set: (at, value) => void series.set(seriesOf(at), value),
      add: (at, by) => {
        const key = seriesOf(at)
        series.set(key, (series.get(key) ?? 0) + by)
      },
    }
  }

  return {
    counter(name, help, labels = []) {
      const { add } = numbers("counter", name, help, labels)
      return { inc: (at, by = 1) => add(at, by) }
    },

    gauge: (name, help, labels = []) => numbers("gauge", name, help, labels),

    watch: (name, help, value) => declare("gauge", name, help, () => [`${name} ${value()}`]),

    histogram(name, help, bounds, labels = []) {
      const series = new Map<string, { counts: number[]; sum: number }>()
      declare("histogram", name, help, function* () {
        for (const [at, { counts, sum }] of series) {
          let total = 0
          for (const [index, bound] of [...bounds, "+Inf"].entries()) {
            total += counts[index] ?? 0
            yield `${name}_bucket${braced(joined(at, `le="${bound}"`))} ${total}`
          }
          yield `${name}_sum${braced(at)} ${sum}`
          yield `${name}_count${braced(at)} ${total}`
        }
      })
      return {
        observe(at, value) {
          const key = nameSeries(labels, at)
          const { counts, sum } = series.get(key) ?? { counts: [], sum: 0 }
          const fits = bounds.findIndex((bound) => value <= bound)
          const bucket = fits === -1 ? bounds.length : fits
          counts[bucket] = (counts[bucket] ?? 0) + 1
          series.set(key, { counts, sum: sum + value })
        },
      }
    },

    text: () => [...families.values()].map((family) => family()).join(""),
  }
}

const escapeOf = (character: string): string => (character === "\n" ? "\\n" : `\\${character}`)
const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join(",")
const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`)

/** The labels as they are written, which is also what tells one series from another. */
const nameSeries = <Name extends string>(names: readonly Name[], labels: Labels<Name>): string =>
  names.map((name) => `${name}="${labels[name].replace(/[\\"\n]/g, escapeOf)}"`).join(",")
