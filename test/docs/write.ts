/** `npm run docs`: writes the tables of the pages anew, from the code. */
import { writeFileSync } from "node:fs"
import { pages, ROOT, withTables } from "./pages.ts"
import { TABLES } from "./tables.ts"

for (const { path, text } of pages()) {
  const written = withTables(text, TABLES)
  if (written !== text) {
    writeFileSync(new URL(path, ROOT), written)
    console.log(`wrote ${path}`)
  }
}
