/** The result on disk: as JSON for programs, as a page for people. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { page, type Result } from "./report-page.ts"

/** @returns the paths of the two files */
export async function writeResult(folder: string, result: Result): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const time = result.origin.at.slice(0, 19).replaceAll(/[:T]/g, "-")
  const name = `${result.scenario}-${result.variant.replaceAll(/[^a-z0-9]+/g, "-")}-${time}`
  const json = join(folder, `${name}.json`)
  const html = join(folder, `${name}.html`)
  await writeFile(json, `${JSON.stringify(result, undefined, 2)}\n`)
  await writeFile(html, page(result))
  return [json, html]
}

/** @returns the path of the file */
export async function writeText(folder: string, name: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), `${text}\n`)
  return join(folder, name)
}
