/** `npm run shots`: of the pictures that the browser tests took, the pages in docs show these. */
import { copyFileSync, mkdirSync } from "node:fs"

const SHOWN = [
  ...["demo", "merged", "new-messages", "dark", "right-to-left", "phone", "conversations", "offline", "form"],
  ...["console-signed-in", "console-merged", "console-duplicates", "console-conflict", "console-search"],
]

const target = new URL("../docs/shots/", import.meta.url)
mkdirSync(target, { recursive: true })
for (const name of SHOWN)
  copyFileSync(new URL(`../dist/shots/${name}.png`, import.meta.url), new URL(`${name}.png`, target))
