/** Histories are read as fast as there is credit for them: of a user, and of an address. */
import { expect, test } from "vitest"
import { App } from "../../src/app/app.ts"
import { ReadAdmission } from "../../src/edge/end-user/read-admission.ts"
import { AddressQuota, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import { UserQuotas } from "../../src/edge/socket/user-quotas.ts"
import { WHOLE_STATE } from "../../src/edge/socket/work.ts"
import { DEFAULT_SETTINGS } from "../../src/protocol/settings.ts"
import { turns } from "../app/chance.ts"
import { fileStore } from "../app/file-store.ts"
import { ManualClock } from "./manual-clock.ts"

const opened = fileStore()
const SETTINGS = { id: "shop", settings: DEFAULT_SETTINGS, createdAt: 0, partitions: 1, keys: [] }

function stage(counted = true) {
  const clock = new ManualClock()
  const app = new App(opened.store, SETTINGS)
  const address = new AddressQuota("203.0.113.9", counted, DEFAULT_ADDRESS_LIMITS)
  address.charge(0, clock.now())
  const readAdmission = new ReadAdmission(clock, new UserQuotas(() => clock.now()))
  const seen = { read: 0, refused: 0 }
  /** Each history costs as much as a state can. */
  const come = (userId: string, cost = WHOLE_STATE, closed = false): void => {
    const reader = { app, closed, transport: { address } }
    const read = async (): Promise<void> => {
      seen.read += 1
      address.charge(cost, clock.now())
    }
    readAdmission.read(reader, { userId }, read).catch(() => {
      seen.refused += 1
    })
  }
  return { clock, address, come, seen }
}

test("a crowd of one address reads as many histories as it has saved up, and then what it earns", async () => {
  const { clock, come, seen } = stage()
  for (let n = 0; n < 200; n += 1) come(`usr_${n}`)
  await turns(50)
  const atOnce = seen.read
  expect(atOnce).toBeGreaterThan(20)
  expect(atOnce).toBeLessThan(50)
  for (let second = 0; second < 5; second += 1) {
    clock.pass(1_000)
    await turns(20)
  }
  expect(seen.read - atOnce).toBeGreaterThan(3)
  expect(seen.read - atOnce).toBeLessThan(10)
  clock.pass(10_000)
  await turns(20)
  expect(seen.read + seen.refused).toBe(200)
})

test("an office of 200 people with little to read is let in at once", async () => {
  const { come, seen } = stage()
  for (let n = 0; n < 200; n += 1) come(`usr_${n}`, 10)
  await turns(250)
  expect(seen).toEqual({ read: 200, refused: 0 })
})

test("the sockets of one user wait for each other, also where addresses are not counted", async () => {
  const { come, seen } = stage(false)
  for (let n = 0; n < 100; n += 1) come("usr_one")
  await Promise.resolve()
  expect(seen.read).toBeLessThan(25)
  await turns(50)
  expect(seen.read).toBe(100)
})

test("a socket that disconnects while it waits reads nothing, and the others do not wait for it", async () => {
  const { come, seen } = stage()
  for (let n = 0; n < 50; n += 1) come(`usr_${n}`, WHOLE_STATE, true)
  await turns(50)
  expect(seen).toEqual({ read: 0, refused: 50 })
  come("usr_other")
  await turns(5)
  expect(seen.read).toBe(1)
})
