/** `npm run loadtest -- <scenario>`: plays the rounds, writes the result, and ends with 1 if a promise was broken. */
import { fileURLToPath } from "node:url"
import { budgetTable, PLAYS, type Play } from "./bench/budgets.ts"
import { targetsOf } from "./bench/compared-targets.ts"
import { type Options, readOptions, usage } from "./bench/options.ts"
import { playRounds } from "./bench/rounds.ts"
import { type Summary, summarize } from "./bench/summary.ts"
import { writeResult, writeText } from "./report/files.ts"
import { keep } from "./report/kept-page.ts"
import { originOf } from "./report/origin.ts"
import { aligned, textTable } from "./report/table.ts"
import type { Scenario } from "./scenarios/scenario.ts"
import { SCENARIOS } from "./scenarios/scenario-list.ts"

const ROOT = fileURLToPath(new URL("../", import.meta.url))
const RESULTS = fileURLToPath(new URL("./results/", import.meta.url))
const print = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(args: readonly string[]): Promise<number> {
  const { scenario: name, list, help, options } = readOptions(args)
  if (list || help || name === undefined) {
    if (!list) print(usage())
    print(`  ${"all".padEnd(20)}every scenario below, one after the other`)
    print(`  ${"budgets".padEnd(20)}the runs that the budgets need, and the table of budgets`)
    for (const { name, summary } of SCENARIOS) print(`  ${name.padEnd(20)}${summary}`)
    return list || help ? 0 : 2
  }
  if (name === "budgets") return await playBudgets(options, args)
  const chosen = SCENARIOS.filter((one) => name === "all" || one.name === name)
  if (chosen.length === 0) throw new Error(`There is no scenario ${name}; --list shows them.`)
  const failures: string[] = []
  for (const scenario of chosen) failures.push(...(await play(scenario, options, args)).failures)
  return ended(failures)
}

/** The runs of the budgets, one after the other, and the table of all. */
async function playBudgets(options: Options, args: readonly string[]): Promise<number> {
  const found = new Map<Play, Summary>()
  const failures: string[] = []
  for (const one of PLAYS) {
    const played = await play(one.scenario, { ...options, store: one.store, nodes: one.nodes }, args)
    failures.push(...played.failures)
    found.set(one, played.outcome)
  }
  const file = await writeText(options.out ?? RESULTS, "budgets.md", budgetTable(found))
  print(`${budgetTable(found)}\n\n${file}`)
  return ended(failures)
}

function ended(failures: readonly string[]): number {
  for (const failure of failures) print(`FAILED: ${failure}`)
  return failures.length === 0 ? 0 : 1
}

/** All rounds of one scenario, shown and written down. */
async function play(
  scenario: Scenario,
  options: Options,
  args: readonly string[],
): Promise<{ readonly failures: readonly string[]; readonly outcome: Summary }> {
  const targets = targetsOf(scenario, options)
  const names = targets.map((target) => target.name)
  const origin = originOf(ROOT)
  const variant = `${options.store}, ${options.nodes === 1 ? "one node" : `${options.nodes} nodes`}`
  print(`${scenario.name} (${variant}): ${scenario.summary}`)
  const { rounds, failures } = await playRounds(scenario, targets, options, print)
  const outcome = summarize(names, scenario.figures, rounds)
  print(`\n${textTable(names, outcome)}\n`)
  for (const { target, outcome } of rounds.slice(-targets.length))
    for (const { title, heads, rows } of outcome.tables ?? [])
      print(`${title}, ${target}\n${aligned([heads, ...rows])}\n`)
  if (outcome.doubtful)
    print("Others used the machine in every round of some target: these figures prove nothing.")
  const files = await writeResult(options.out ?? RESULTS, {
    scenario: scenario.name,
    summary: scenario.summary,
    variant,
    command: `npm run loadtest -- ${args.join(" ")}`,
    origin,
    targets: names,
    outcome,
    rounds,
    failures,
  })
  for (const file of files) print(file)
  if (options.page !== undefined) {
    const own = rounds.filter(({ target }) => target === names[0])
    for (const file of await keep(options.page, scenario.name, own)) print(file)
  }
  return { failures, outcome }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exit(1)
  },
)
