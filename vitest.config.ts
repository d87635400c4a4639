import { accessSync, constants, statfsSync } from "node:fs"
import { defineConfig } from "vitest/config"
import { LongestFirst } from "./test/longest-first.ts"

/** Memory that looks like a disk: what tests store is given up, so no write has to wait for a real one. */
const IN_MEMORY = "/dev/shm"
const ROOM_BYTES = 2 * 1024 ** 3

function hasRoom(): boolean {
  try {
    accessSync(IN_MEMORY, constants.W_OK)
    const { bavail, bsize } = statfsSync(IN_MEMORY)
    return bavail * bsize >= ROOM_BYTES
  } catch {
    return false
  }
}

/** They measure what others feel, so nothing else runs meanwhile. */
const MEASURED = ["test/abuse/*.test.ts"]

export default defineConfig({
  test: {
    globals: false,
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for comes at once, or the machine is busy: half of what a test has.
    expect: { poll: { timeout: 15_000 } },
    teardownTimeout: 10_000,
    // Real browsers and processes on a machine that may stall: in CI a test may be tried once more, and the run says so.
    retry: process.env.CI ? 1 : 0,
    // Nothing here may depend on where the machine stands.
    env: { TZ: "UTC", ...(hasRoom() && { TMPDIR: IN_MEMORY }) },
    globalSetup: ["test/prepare.ts", "test/acceptance/hub-lender.ts"],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        // Real sockets, real stores and real processes; most of them wait for answers, so more run at once than a small
        // machine has cores. The files of one worker share what it has loaded, and scenarios of all workers the hubs that are lent to them.
        test: {
          name: "tests",
          include: ["test/**/*.test.ts"],
          exclude: MEASURED,
          isolate: false,
          maxWorkers: 6,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "measured", include: MEASURED, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
