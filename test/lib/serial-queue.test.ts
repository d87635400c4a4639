/** Tasks in a line: one after another, and those that may overlap beside each other. */
import { expect, test } from "vitest"
import { type Overlapping, SerialQueue } from "../../src/lib/serial-queue.ts"

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const turns = async (count: number): Promise<void> => {
  for (let k = 0; k < count; k += 1) await turn()
}

/** What began and ended, in order; a task ends when it is told to. */
function line() {
  const queue = new SerialQueue<string>()
  const events: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const body = (name: string): Promise<string> => {
    events.push(`+${name}`)
    return new Promise<string>((resolve, reject) => {
      ends.set(name, (error) => (error ? reject(error) : resolve(name)))
    }).finally(() => events.push(`-${name}`))
  }
  return {
    events,
    end: (name: string, error?: Error): void => ends.get(name)?.(error),
    run: (name: string) => queue.run(() => body(name)),
    /** @param lets whether it lets the next begin at once */
    overlap: (name: string, lets = true, then?: (running: Overlapping<string>) => void) =>
      queue.overlap((running) => {
        const task = body(name)
        then?.(running)
        if (lets) running.letNext(name)
        return task
      }),
  }
}

test("each begins when the one before has ended, also with an error, and in another turn of the loop", async () => {
  const { events, end, run } = line()
  const first = run("a").catch(({ message }: Error) => message)
  const second = run("b")
  await turns(3)
  expect(events).toEqual(["+a"])
  end("a", new Error("it failed"))
  expect(await first).toBe("it failed")
  expect(events).toEqual(["+a", "-a"])
  await turns(2)
  expect(events).toEqual(["+a", "-a", "+b"])
  end("b")
  expect(await second).toBe("b")
})

test("tasks that overlap begin when those before let them; what does not overlap waits for all, and holds up what follows", async () => {
  const { events, end, run, overlap } = line()
  const all = [overlap("a"), overlap("b", false), overlap("c"), run("d"), overlap("e")]
  await turns(3)
  expect(events).toEqual(["+a", "+b"])
  end("b")
  await turns(3)
  expect(events).toEqual(["+a", "+b", "-b", "+c"])
  end("c")
  await turns(3)
  expect(events.slice(4)).toEqual(["-c"])
  end("a")
  await turns(3)
  expect(events.slice(5)).toEqual(["-a", "+d"])
  end("d")
  await turns(3)
  expect(events.slice(7)).toEqual(["-d", "+e"])
  end("e")
  expect(await Promise.all(all)).toEqual(["a", "b", "c", "d", "e"])
})

test("a few begin in one turn of the loop, the others in later ones", async () => {
  const { events, end, overlap } = line()
  const names = Array.from({ length: 30 }, (_, k) => String(k))
  const all = names.map((name) => overlap(name))
  await Promise.resolve()
  const begun = [events.length]
  while (events.length < 30) {
    await turn()
    begun.push(events.length)
    expect(begun.length).toBeLessThan(30)
  }
  for (const [k, count] of begun.entries()) expect(count - (begun[k - 1] ?? 0)).toBeLessThanOrEqual(9)
  expect(begun.length).toBeGreaterThanOrEqual(3)
  for (const name of names) end(name)
  expect(await Promise.all(all)).toEqual(names)
})

test("a task knows what the last before it has left that has not ended, and when it is alone", async () => {
  const { end, overlap } = line()
  const before: (string | undefined)[] = []
  let alone = false
  const look = (running: Overlapping<string>): void => void before.push(running.before)
  const all = [
    overlap("a", true, look),
    overlap("b", true, look),
    overlap("c", true, (running) => {
      look(running)
      void running.alone().then(() => {
        alone = true
      })
    }),
  ]
  await turns(3)
  expect(before).toEqual([undefined, "a", "b"])
  end("b")
  await turns(3)
  all.push(overlap("d", true, look), overlap("e", false, look))
  await turns(3)
  end("d")
  end("c")
  await turns(3)
  expect(alone).toBe(false)
  end("a")
  await turns(3)
  expect(alone).toBe(true)
  expect(before).toEqual([undefined, "a", "b", "c", "d"])
  end("e")
  expect(await Promise.all(all)).toEqual(["a", "b", "c", "d", "e"])
})

test("what is taken back holds up what follows, also what had begun, until it lets the next begin again", async () => {
  const { events, end, overlap } = line()
  const running: Overlapping<string>[] = []
  const look = (one: Overlapping<string>): void => void running.push(one)
  const all = [overlap("a", true, look), overlap("b", true, look), overlap("c", true, look)]
  await turns(3)
  const [a, b, c] = running
  expect([a?.first, b?.first, b?.before, c?.before]).toEqual([true, false, "a", "b"])
  a?.takeBack()
  expect([b?.first, b?.before, c?.before]).toEqual([false, undefined, undefined])
  all.push(overlap("d", true, look))
  const woken: string[] = []
  void b?.untilLet().then(() => woken.push("b"))
  void c?.untilLet().then(() => woken.push("c"))
  await turns(3)
  expect([events, woken]).toEqual([["+a", "+b", "+c"], []])
  a?.letNext("a again")
  await turns(3)
  expect([b?.before, woken]).toEqual(["a again", ["b"]])
  end("b")
  await turns(3)
  expect([c?.before, woken]).toEqual(["a again", ["b", "c"]])
  expect(events).toEqual(["+a", "+b", "+c", "-b"])
  c?.letNext("c again")
  await turns(3)
  expect([events.at(-1), running[3]?.before]).toEqual(["+d", "c again"])
  for (const name of ["a", "c", "d"]) end(name)
  expect(await Promise.all(all)).toEqual(["a", "b", "c", "d"])
})
