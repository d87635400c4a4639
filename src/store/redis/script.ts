/** `commit.lua` on the server: called by its hash, sent whole where the server has forgotten it. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import type { RedisClient } from "./connect.ts"
import { ScriptCall } from "./script-call.ts"

const text = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8")

export class Script {
  readonly #source = ["#!lua", text("./rights.lua"), text("./lookups.lua"), text("./commit.lua")].join("\n")
  readonly #hash = createHash("sha1").update(this.#source).digest("hex")

  /**
   * Loads the script ahead, so that the first commit after a connect need not send it. A failure does not matter: `run`
   * sends it then.
   */
  load(client: RedisClient): void {
    if ("nodes" in client) return
    client.script("LOAD", this.#source).catch(() => undefined)
  }

  async run(client: RedisClient, keys: readonly string[], blob: Buffer): Promise<readonly unknown[]> {
    const call = (name: "evalsha" | "eval", script: string): Promise<unknown> => {
      const command = new ScriptCall(name, script, keys, blob)
      client.sendCommand(command)
      return command.promise
    }
    const reply = await call("evalsha", this.#hash).catch((error: unknown) => {
      // A restart, a failover or SCRIPT FLUSH empties the server's memory of scripts.
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error
      return call("eval", this.#source)
    })
    if (!Array.isArray(reply)) throw new Error("The script gave no list.")
    return reply
  }
}
