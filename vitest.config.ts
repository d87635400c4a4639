import { defineConfig } from "vitest/config"

/** Real sockets, real stores and real processes: two files at a time, each in a process of its own. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/prepare.ts"],
    globals: false,
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // Real browsers and processes on a machine that may stall: in CI a test may be tried once more, and the run says so.
    retry: process.env.CI ? 1 : 0,
    // Nothing here may depend on where the machine stands.
    env: { TZ: "UTC" },
  },
})
