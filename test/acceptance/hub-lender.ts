/**
 * Hubs for all workers of a run: each story has one to itself while it runs, and the next story, in whatever worker, finds
 * it running and warm.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { json } from "node:stream/consumers"
import type { TestProject } from "vitest/node"
import type { Hub, Variant } from "./harness.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** Its address. */
    hubLender: string
  }
}

export interface Loan {
  readonly id: number
  readonly nodes: readonly { readonly url: string; readonly pid: number }[]
}

class HubLender {
  readonly #free: { readonly variant: Variant; readonly hub: Hub }[] = []
  readonly #lent = new Map<number, { readonly variant: Variant; readonly hub: Hub }>()
  /** Of all who had the hub: it may say one late. */
  readonly #secrets = new WeakMap<Hub, Set<string>>()
  #loans = 0

  async lend(variant: Variant): Promise<Loan> {
    const at = this.#free.findLastIndex((each) => each.variant === variant)
    const [found] = at === -1 ? [] : this.#free.splice(at, 1)
    // Only here: many runs need none.
    const hub = found?.hub ?? (await (await import("./harness.ts")).startHub(variant))
    const id = ++this.#loans
    this.#lent.set(id, { variant, hub })
    return { id, nodes: hub.nodes.map(({ url, pid }) => ({ url, pid })) }
  }

  async said(id: number): Promise<string> {
    return await this.#of(id).hub.said()
  }

  /** @returns which of the secrets of all who had it this hub has said */
  async leaked(id: number, secrets: readonly string[]): Promise<readonly string[]> {
    const { hub } = this.#of(id)
    const all = new Set([...(this.#secrets.get(hub) ?? []), ...secrets])
    this.#secrets.set(hub, all)
    return await hub.leaked([...all])
  }

  async takeBack(id: number): Promise<void> {
    const loan = this.#of(id)
    this.#lent.delete(id)
    if (await isAsNew(loan.hub)) this.#free.push(loan)
    else await bury(loan.hub)
  }

  async end(): Promise<void> {
    const hubs = [...this.#free, ...this.#lent.values()].map(({ hub }) => hub)
    await Promise.all(hubs.map(bury))
  }

  #of(id: number) {
    const loan = this.#lent.get(id)
    if (!loan) throw new Error(`There is no loan ${id}.`)
    return loan
  }
}

/** It runs, and bears this machine no grudge: an address whose connections were ended has less for a minute. */
async function isAsNew({ nodes }: Hub): Promise<boolean> {
  if (!nodes.every(({ alive }) => alive)) return false
  const pages = await Promise.all(nodes.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()))
  return !pages.some((page) => /^tributary_ended_connections_total\S* [1-9]/m.test(page))
}

/** Nobody is there for whom it would drain. */
async function bury(hub: Hub): Promise<void> {
  await Promise.all(hub.nodes.map((node) => node.kill()))
  await hub.stop()
}

async function answered(lender: HubLender, request: IncomingMessage): Promise<unknown> {
  const [, what, which = ""] = (request.url ?? "").split("/")
  const id = Number(which)
  // The boundary: both ends are of one version.
  if (what === "lend") return await lender.lend(which as Variant)
  if (what === "said") return await lender.said(id)
  if (what === "leaked") return await lender.leaked(id, (await json(request)) as string[])
  return await lender.takeBack(id)
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const lender = new HubLender()
  const server = createServer((request, response) => {
    answered(lender, request).then(
      (answer) => response.end(JSON.stringify(answer ?? null)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  // The boundary: a TCP server that listens has an address of this shape.
  project.provide("hubLender", `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return async () => {
    server.close()
    server.closeAllConnections()
    await lender.end()
  }
}
