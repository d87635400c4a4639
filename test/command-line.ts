/** Reads the words after a program's name; where they cannot be meant, says why in a sentence and ends the process with 2. */
export function asked<Options>(read: (words: readonly string[]) => Options): Options {
  try {
    return read(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(2)
  }
}
