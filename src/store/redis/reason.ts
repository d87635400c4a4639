/** Why Redis cannot be used, in one sentence that says what to look at. It never tells a password: ioredis' errors carry them. */
import { namesOf, type RedisAddress } from "./address.ts"

/** First match counts: the most telling words stand first. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /sentinel.*(?:WRONGPASS|NOAUTH|NOPERM)/is,
    "the Sentinels refuse: give sentinelPassword (and sentinelUser) in REDIS_URL",
  ],
  [/WRONGPASS|invalid (?:username-)?password/i, "it refuses the user or password of REDIS_URL"],
  [/NOAUTH|without any password configured/i, "it wants another password than REDIS_URL gives"],
  [/NOPERM/i, "its user may not do what the hub needs; docs/operations.md lists the commands"],
  [/DB index|SELECT is not allowed/i, "it has no such database as REDIS_URL names"],
  [/LOADING/i, "it is still loading its data: start the hub again in a moment"],
  [/ENOTFOUND|EAI_AGAIN/, "its name is not known here: look at the host in REDIS_URL"],
  [/ECONNREFUSED/, "nothing listens there: is it running, and is the port in REDIS_URL right?"],
  [/EHOSTUNREACH|ENETUNREACH/, "there is no way to it in the network"],
  [
    /certificate|SSL|TLS|wrong version number|DEPTH_ZERO|SELF_SIGNED/i,
    "TLS failed: rediss:// needs a server with TLS, and a certificate that this machine trusts (NODE_EXTRA_CA_CERTS)",
  ],
  [/All sentinels are unreachable/i, "no Sentinel answers, or none knows the name in REDIS_URL"],
  [/CLUSTER|slots cache/i, "its nodes form no cluster; one server is one address"],
  [/ECONNRESET|EPIPE|Connection is closed/i, "it closes the connection: does it want TLS (rediss://)?"],
]

export function reasonOf(error: unknown, address: RedisAddress): string {
  const said = [...wordsOf(error)].join(" ")
  const [, reason] = REASONS.find(([words]) => words.test(said)) ?? []
  const silent = address.tls ? "it does not answer over TLS: does it offer it there?" : "it does not answer."
  const why = reason === undefined ? silent : reason.replace(/[^?]$/, "$&.")
  return `Redis at ${namesOf(address)} cannot be used: ${why}`
}

/** Messages and codes of the error and of what lies behind it. */
function* wordsOf(error: unknown, depth = 0): Generator<string> {
  if (!(error instanceof Error) || depth > 3) return
  yield error.message
  if ("code" in error) yield String(error.code)
  if ("lastNodeError" in error) yield* wordsOf(error.lastNodeError, depth + 1)
  if (error instanceof AggregateError) for (const one of error.errors) yield* wordsOf(one, depth + 1)
  yield* wordsOf(error.cause, depth + 1)
}
