/** The command line of the load test, in one table. */
import { parseArgs } from "node:util"
import type { StoreKind } from "../targets/hub-target.ts"

export interface Options {
  readonly store: StoreKind
  readonly nodes: number
  readonly opponents: readonly string[] | undefined
  readonly rounds: number
  readonly seconds: number
  readonly short: boolean
  /** Cores. */
  readonly foreign: number
  readonly out: string | undefined
  readonly page: string | undefined
  readonly before: string | undefined
  readonly peer: string | undefined
  readonly adapter: string | undefined
  readonly peerPids: readonly number[]
  /** Sizes of the scenario that were given; each scenario has defaults of its own. */
  readonly sizes: Readonly<Partial<Record<Size, number>>>
}

export const SIZES = {
  rate: "messages a second of an open loop, all rooms together",
  rooms: "rooms: people who write",
  devices: "devices of each room",
  senders: "devices of each room that write",
  window: "messages that each sender has in flight",
  characters: "length of a message",
  consoles: "agents' consoles that watch everything",
  connections: "connections of `idle` and `storm`",
  history: "messages of each history of `merges`, of the one of `paging`",
  conversations: "conversations of either side of `large`",
  folds: "visits before the history of `paging` is read",
  tickets: "tickets of `tickets`, one of each visitor",
  own: "tickets of the one user of `tickets`",
  generators: "generator processes",
} as const
export type Size = keyof typeof SIZES

const FLAGS = {
  store: ["redis", "redis or embedded"],
  nodes: ["1", "processes of the hub (and of the usual opponent) on one Redis"],
  opponent: ["all", "all, none, or names with commas: bare, usual"],
  rounds: ["5", "rounds; each starts every target afresh, in turning order"],
  seconds: ["10", "seconds that are measured in each round"],
  foreign: ["0.1", "cores that others may use before a round is left out and repeated"],
  out: ["loadtest/results", "where the JSON and the HTML page are written"],
  page: [
    "",
    "a page of Markdown that keeps the run: plots in the folder `plots` beside it, tables between markers",
  ],
  before: ["", "a folder with another build of the hub (its `dist`), as one more opponent"],
  peer: ["", "the URL of another hub that runs already, as one more opponent"],
  adapter: ["", "the module that speaks to the peer: exports `dialect(options)` (dialects/dialect.ts)"],
  "peer-pids": ["", "process ids of the peer, with commas, so that its CPU is counted as its own"],
} as const

export function usage(): string {
  const flags = Object.entries(FLAGS).map(([name, [value, what]]) => {
    const standard = value === "" ? "" : ` [${value}]`
    return `  --${name.padEnd(12)}${what}${standard}`
  })
  const sizes = Object.entries(SIZES).map(([name, what]) => `  --${name.padEnd(12)}${what}`)
  return [
    "npm run loadtest -- <scenario, all or budgets> [options]",
    "",
    `  --${"list".padEnd(12)}the scenarios`,
    `  --${"short".padEnd(12)}a few seconds and small sizes, to see that everything works`,
    ...flags,
    "",
    "Sizes (each scenario has its own defaults):",
    ...sizes,
    "",
  ].join("\n")
}

export interface CommandLine {
  readonly scenario: string | undefined
  readonly list: boolean
  readonly help: boolean
  readonly options: Options
}

/** @throws Error with one sentence for the first thing that is wrong */
export function readOptions(args: readonly string[]): CommandLine {
  const text = { type: "string" } as const
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      list: { type: "boolean" },
      help: { type: "boolean" },
      short: { type: "boolean" },
      ...Object.fromEntries([...Object.keys(FLAGS), ...Object.keys(SIZES)].map((name) => [name, text])),
    },
  })
  const given: Readonly<Record<string, unknown>> = values
  const said = (name: string): string | undefined => {
    const value = given[name]
    return typeof value === "string" && value !== "" ? value : undefined
  }
  const number = (name: string, standard: number): number => {
    const value = Number(said(name) ?? standard)
    if (Number.isFinite(value) && value >= 0) return value
    throw new Error(`--${name} must be a number.`)
  }
  const short = given.short === true
  const store = said("store") ?? "redis"
  if (store !== "redis" && store !== "embedded") throw new Error("--store must be redis or embedded.")
  const nodes = number("nodes", 1)
  if (store === "embedded" && nodes > 1) throw new Error("The embedded store serves one node only.")
  const opponent = said("opponent") ?? "all"
  return {
    scenario: positionals[0],
    list: given.list === true,
    help: given.help === true,
    options: {
      store,
      nodes,
      opponents: opponent === "all" ? undefined : opponent === "none" ? [] : opponent.split(","),
      rounds: number("rounds", short ? 1 : 5),
      seconds: number("seconds", short ? 2 : 10),
      short,
      foreign: number("foreign", 0.1),
      out: said("out"),
      page: said("page"),
      before: said("before"),
      peer: said("peer"),
      adapter: said("adapter"),
      peerPids: (said("peer-pids") ?? "").split(",").filter(Boolean).map(Number),
      sizes: Object.fromEntries(
        Object.keys(SIZES).flatMap((name) => (said(name) === undefined ? [] : [[name, number(name, 0)]])),
      ),
    },
  }
}
