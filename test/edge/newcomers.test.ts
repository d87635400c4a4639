/**
 * Many connections of one address, each of which says a little too much and is never seen again: what they cost in work,
 * by a clock of their own. The address alone pays in full until it owes what it may; from then on every newcomer has to
 * cost little.
 */
import { describe, expect, it } from "vitest"
import { AddressQuota, DEFAULT_ADDRESS_LIMITS } from "../../src/edge/socket/address-quotas.ts"
import type { EndReason } from "../../src/edge/socket/guard-parts.ts"
import type { GuardedConnection } from "../../src/edge/socket/guarded-connection.ts"
import { WORK } from "../../src/edge/socket/work.ts"
import { bareConnection } from "./bare-connection.ts"

/** Units of work a second: a tenth of a core at most, for what is done a few times a second may take 1.6 of its price. */
const BOUND = 2_400
const SECONDS = 8
const FRAMES_A_MS = 4
const CONNECT = '0/messaging,{"v":1}'
const SEND = `2/messaging,${JSON.stringify(["message:send", { content: { type: "text", text: "漢".repeat(4_096) } }])}`
const SEND_BYTES = Buffer.byteLength(SEND)
/** A frame that is read, and refused. */
const REFUSED = WORK.refusedWaiting + SEND_BYTES / 4_000

class Attack {
  now = 1_000_000
  readonly address = new AddressQuota("198.51.100.66", true, DEFAULT_ADDRESS_LIMITS)
  readonly ends: EndReason[] = []
  work = 0

  enter(): GuardedConnection {
    const { connection: guarded } = bareConnection(
      this.address,
      () => this.now,
      (reason) => this.ends.push(reason),
    )
    guarded.admits(CONNECT)
    guarded.listen("/messaging", () => this.#stored())
    this.work += WORK.connect
    return guarded
  }

  say(guarded: GuardedConnection): void {
    guarded.heardBytes(SEND_BYTES)
    guarded.heardPacket(SEND_BYTES)
    guarded.admits(SEND)
    this.work += REFUSED
  }

  #stored(): void {
    this.address.charge(WORK.stored, this.now)
    this.work += WORK.stored
  }

  /** Milliseconds until it is let in. */
  knock(): number {
    this.address.charge(WORK.handshake, this.now)
    this.work += WORK.handshake
    return this.address.admissionWaitMs(this.now)
  }
}

/** Work in each second of an attack by so many at once, who come back as soon as they have said so much. */
function suffered(crowd: number, frames: number): { seconds: number[]; ends: readonly EndReason[] } {
  const attack = new Attack()
  const mob = Array.from({ length: crowd }, () => attacker(attack, frames))
  const seconds: number[] = []
  for (let second = 0; second < SECONDS; second += 1) {
    attack.work = 0
    for (let ms = 0; ms < 1_000; ms += 1) {
      attack.now += 1
      for (const one of mob) one()
    }
    seconds.push(attack.work)
  }
  return { seconds, ends: attack.ends }
}

function attacker(attack: Attack, frames: number): () => void {
  let next = 0
  let waits = false
  let inside: GuardedConnection | undefined
  let left = 0
  const knock = (): void => {
    try {
      next = attack.now + attack.knock()
      waits = true
    } catch {
      next = attack.now + 2_500
    }
  }
  return () => {
    if (attack.now < next) return
    if (inside) {
      for (let n = 0; n < FRAMES_A_MS && left > 0 && !inside.ended; n += 1, left -= 1) attack.say(inside)
      if (left > 0 && !inside.ended) return
      inside.closed()
      inside = undefined
      next = attack.now + 20
    } else if (waits) {
      waits = false
      inside = attack.enter()
      left = frames
    } else knock()
  }
}

describe("newcomers of an address that has nothing left", () => {
  it.each([
    [20, 50],
    [20, 500],
    [200, 50],
    [200, 15],
  ])(
    "8 %i at once that say %i frames each take less than a tenth of a core after two seconds",
    (crowd, frames) => {
      const { seconds } = suffered(crowd, frames)
      expect(seconds[0]).toBeGreaterThan(BOUND)
      for (const later of seconds.slice(2)) expect(later).toBeLessThan(BOUND)
    },
  )

  it("8 are disconnected only if they go on; a client that was told to wait a few times is not", () => {
    const attack = new Attack()
    attack.address.charge(1e6, attack.now)
    const patient = attack.enter()
    for (let n = 0; n < 5; n += 1) attack.say(patient)
    expect(patient.ended).toBe(false)
    for (let n = 0; n < 20; n += 1) attack.say(patient)
    expect(attack.ends).toEqual(["overdrawn"])
  })
})
