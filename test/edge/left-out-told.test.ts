/**
 * [P1] [P2] A merge leaves out what a device had repeated as the person. Consoles have shown the visitor's copy, and no event
 * takes a message back: they start over, those that are there as well as those that come back.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { openLmdb } from "../../src/store/lmdb/lmdb.ts"
import { AppOnNodes, startNode } from "./in-process-nodes.ts"

test("[P1] [P2] devices hear of one message, and consoles begin anew without the copy", async () => {
  const dir = await mkdtemp(join(tmpdir(), "trib-left-out-"))
  const app = await AppOnNodes.on(await startNode(await openLmdb({ dir })))
  onTestFinished(async () => {
    await app.close()
    await rm(dir, { recursive: true, force: true })
  })
  const console = await app.console("ada", 0)
  const away = await app.console("eve", 0)
  const phone = await app.member("ann", 0)
  await phone.send("old")
  const content = { type: "text", text: "said again" }
  const repeated = { localId: "repeated", content }
  const web = await app.visitor(0, { deviceId: "web" })
  await web.ask("message:send", repeated)
  const asPerson = await app.member("ann", 0, { deviceId: "web" })
  const { message } = await asPerson.ask("message:send", repeated)
  await console.settle()
  await away.settle()
  away.socket.disconnect()
  const before = console.frames.length
  await web.login(app.token("ann"))
  await phone.settle()
  await console.until("a new start", () => console.frames.slice(before).some(({ name }) => name === "ready"))
  const back = await app.console("eve", 0, away.view.cursor)
  expect(back.state?.resumed ?? false).toBe(false)
  for (const device of [phone, asPerson, web]) {
    const shown = (await device.fetch()).flatMap(({ messages }) => messages)
    expect(shown.filter((one) => one.localId === "repeated").map(({ id }) => id)).toEqual([message.id])
    expect([...device.breaches, ...device.view.breaches]).toEqual([])
  }
  const texts = (messages: readonly { readonly content: unknown }[]) =>
    messages.filter(({ content }) => JSON.stringify(content).includes("said again"))
  for (const id of console.view.conversations())
    expect(texts(console.view.messages(id)).length).toBeLessThan(2)
})
