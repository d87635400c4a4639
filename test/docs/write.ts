/** `npm run docs`: writes the tables of the pages anew, from the code. */
import { writeFileSync } from "node:fs"
import { TABLES } from "./page-tables.ts"
import { pages, ROOT, withTables } from "./reader-pages.ts"

for (const { path, text } of pages()) {
  const written = withTables(text, TABLES)
  if (written !== text) {
    writeFileSync(new URL(path, ROOT), written)
    console.log(`wrote ${path}`)
  }
}
