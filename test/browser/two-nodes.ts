/** Two hubs over one Redis behind one door, as behind any load balancer: one of them may die. */
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { type RedisServer, startRedis } from "../store/redis-server.ts"
import { HubProcess } from "./started-hub.ts"

export class TwoNodes extends HubProcess {
  readonly #nodes: HubProcess[] = []
  readonly #lines = new Set<Socket>()
  #redis: RedisServer | undefined
  #door: Server | undefined
  #turn = 0

  override async start(): Promise<void> {
    this.#redis = await startRedis()
    for (let count = 0; count < 2; count += 1)
      this.#nodes.push(new HubProcess({ REDIS_URL: this.#redis.url }))
    await Promise.all(this.#nodes.map((node) => node.start()))
    this.#door = createServer((line) => this.#pass(line))
    await once(this.#door.listen(0, "127.0.0.1"), "listening")
    // The boundary: a TCP server that listens has an address of this shape.
    this.url = `http://127.0.0.1:${(this.#door.address() as AddressInfo).port}`
  }

  override get runs(): boolean {
    return this.#nodes.some(({ runs }) => runs)
  }

  /** SIGKILL: every second line is cut. */
  async killOne(): Promise<void> {
    const [first] = this.#nodes
    await first?.kill()
  }

  override async stop(): Promise<void> {
    for (const line of this.#lines) line.destroy()
    this.#door?.close()
    for (const node of this.#nodes) await node.stop()
    await this.#redis?.stop()
    await super.stop()
  }

  /** Each line to another node in turn, of those that live. */
  #pass(line: Socket): void {
    const alive = this.#nodes.filter(({ runs }) => runs)
    const node = alive[this.#turn++ % Math.max(1, alive.length)]
    if (!node) {
      line.destroy()
      return
    }
    const there = connect(Number(new URL(node.url).port), "127.0.0.1")
    for (const end of [line, there]) {
      this.#lines.add(end)
      end.on("error", () => undefined)
      end.on("close", () => this.#lines.delete(end))
    }
    line.on("close", () => there.destroy())
    there.on("close", () => line.destroy())
    line.pipe(there).pipe(line)
  }
}
