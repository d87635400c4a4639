/** Text side by side: one column for each device and the agent. */
const WIDTH = 28
const GAP = "  "

export function row(cells: readonly string[]): string {
  const columns = cells.map((cell) => wrapped(cell))
  const height = Math.max(...columns.map((lines) => lines.length))
  const lines = Array.from({ length: height }, (_, index) =>
    columns.map((column) => (column[index] ?? "").padEnd(WIDTH)).join(GAP),
  )
  return lines.map((line) => line.trimEnd()).join("\n")
}

export const rule = (columns: number): string => Array(columns).fill("─".repeat(WIDTH)).join(GAP)

/** Broken between words; further lines are indented. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = []
  for (const paragraph of text.split("\n")) {
    let line = ""
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > WIDTH) {
        lines.push(line)
        line = ` ${word}`
      } else line = line === "" ? word : `${line} ${word}`
    }
    lines.push(line)
  }
  return lines
}
