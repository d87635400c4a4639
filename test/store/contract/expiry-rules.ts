import { expect, test } from "vitest"
import { bytes, committed, type Rig, text } from "./rig.ts"

export function expiryRules(rig: Rig): void {
  test("[S17] what a commit lets expire is there for so long, then gone; a record that is put again stays", () =>
    rig.inEach(async (p) => {
      const began = Date.now()
      await committed(rig.store, p, {
        put: [
          ["gone", bytes("mark")],
          ["kept", bytes("mark")],
          ["other", bytes("for ever")],
        ],
        append: [{ log: "gone", value: bytes("last words"), announce: true }],
        expire: [
          { key: "gone", seconds: 1 },
          { key: "kept", seconds: 1 },
          { log: "gone", seconds: 1 },
        ],
      })
      const [mark] = await rig.store.load(p, ["gone"])
      if (Date.now() - began < 1_000) expect(text(mark?.value)).toBe("mark")
      await committed(rig.store, p, { put: [["kept", bytes("again")]] })
      const left = async () => {
        // Whoever writes sweeps.
        await committed(rig.store, p, { append: [{ log: "other", value: bytes("x") }] })
        const [gone] = await rig.store.load(p, ["gone"])
        return [gone?.version, await rig.store.head(p, "gone")]
      }
      await expect.poll(left, { timeout: rig.deadline }).toEqual([0, undefined])
      const [kept, other] = await rig.store.load(p, ["kept", "other"])
      expect([text(kept?.value), text(other?.value)]).toEqual(["again", "for ever"])
      expect(Date.now() - began).toBeGreaterThan(990)
      await committed(rig.store, p, { append: [{ log: "gone", value: bytes("anew") }] })
      expect((await rig.store.head(p, "gone"))?.n).toBe(1)
    }))

  test("[S17] it expires all the same where the store was opened again meanwhile", async () => {
    await rig.inEach(async (p) => {
      const put = [["gone", bytes("mark")]] as const
      await committed(rig.store, p, { put, expire: [{ key: "gone", seconds: 1 }] })
    })
    const again = await rig.reopen()
    await rig.inEach(async (p) => {
      const left = async () => {
        await committed(again, p, { append: [{ log: "other", value: bytes("x") }] })
        return (await again.load(p, ["gone"]))[0]?.version
      }
      await expect.poll(left, { timeout: rig.deadline }).toBe(0)
    })
  })
}
