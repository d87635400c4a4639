/** An adapter, as `--adapter` takes one: the faulty server speaks the opponents' words, but has no agents. */
import type { Dialect } from "../../loadtest/dialects/dialect.ts"
import { opponentDialect } from "../../loadtest/dialects/opponent-dialect.ts"

export const dialect = (): Dialect => ({ ...opponentDialect(), console: undefined })
