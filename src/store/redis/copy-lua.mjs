// tsc copies no other files: the build puts the script next to the code that reads it.
import { copyFileSync, mkdirSync } from "node:fs"

const target = new URL("../../../dist/store/redis/", import.meta.url)
mkdirSync(target, { recursive: true })
copyFileSync(new URL("./commit.lua", import.meta.url), new URL("./commit.lua", target))
