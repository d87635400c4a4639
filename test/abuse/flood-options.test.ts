import { describe, expect, test } from "vitest"
import { VARIANTS } from "../acceptance/harness.ts"
import { readFloodOptions } from "./flood-options.ts"
import { FLOODS } from "./floods/flood-list.ts"

describe("the words of the command line", () => {
  test("name stores and floods; without any, all are played", () => {
    expect(readFloodOptions([])).toEqual({ variants: VARIANTS, floods: FLOODS })
    const { variants, floods } = readFloodOptions(["redis", "hoards"])
    expect([variants, floods.map(({ name }) => name)]).toEqual([["redis"], ["hoards"]])
    expect(readFloodOptions(["hoards"]).variants).toEqual(VARIANTS)
  })

  test.each(["--help", "hoard", "Redis", ""])("%j is refused, not taken for all of them", (word) => {
    expect(() => readFloodOptions(["redis", word])).toThrow("is no store")
  })
})
