/** A hub that others have before and after, but nobody meanwhile: for stories that bring apps of their own, and harm no process. */
import { inject } from "vitest"
import { Hub, type Variant } from "./harness.ts"
import type { Loan } from "./hub-lender.ts"
import type { HubNode } from "./hub-process.ts"

export async function borrowHub(variant: Variant): Promise<Hub> {
  return new LentHub(await asked<Loan>(`lend/${variant}`))
}

/** @param what of the lender */
async function asked<T>(what: string, body?: unknown): Promise<T> {
  const response = await fetch(`${inject("hubLender")}/${what}`, {
    method: "POST",
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(await response.text())
  // The boundary: both ends are of one version.
  return (await response.json()) as T
}

class LentHub extends Hub {
  readonly #id: number

  constructor({ id, nodes }: Loan) {
    super({}, async () => undefined)
    this.#id = id
    for (const { url, pid } of nodes) this.nodes.push(new LentNode(url, pid))
  }

  override said(): Promise<string> {
    return asked(`said/${this.#id}`)
  }

  override leaked(secrets: readonly string[]): Promise<readonly string[]> {
    return asked(`leaked/${this.#id}`, secrets)
  }

  /** Gives it back. */
  override async stop(): Promise<void> {
    await asked(`back/${this.#id}`)
  }
}

class LentNode implements HubNode {
  readonly url: string
  readonly pid: number

  constructor(url: string, pid: number) {
    this.url = url
    this.pid = pid
  }

  get alive(): boolean {
    try {
      return process.kill(this.pid, 0)
    } catch {
      return false
    }
  }

  get output(): string {
    throw new Error("What a node has said that is lent, its hub knows.")
  }

  get port(): string {
    return new URL(this.url).port
  }

  async stop(): Promise<never> {
    throw new Error("Others want it after this story, which should have a hub alone.")
  }

  kill(): Promise<never> {
    return this.stop()
  }
}
