/**
 * Every setting of the hub, in one table: `readConfig`, `--help` and the table of docs/operations.md come from it.
 * The environment is given in; only `main.ts` has it.
 */

import { alike, bearerText, type Mode, type Parse, Refusal, secretText } from "./config-secrets.ts"
import { LOG_LEVELS } from "./lib/log.ts"
import { isNetwork } from "./lib/networks.ts"
import { parseRedisUrl } from "./store/redis/address.ts"

export type Environment = Readonly<Record<string, string | undefined>>

interface Setting<T> {
  readonly name: string
  readonly parse: Parse<T>
  /** As text, like in the environment; `undefined` where there is none. */
  readonly defaults: Readonly<Record<Mode, string | undefined>>
  /** What the tables show instead of a missing default. */
  readonly without?: string
  readonly meaning: string
  /** Its value is a credential or may hold one: never printed or logged. */
  readonly secret?: true
  readonly requiredInProduction?: true
}

const wholeNumber =
  (least: number, most: number): Parse<number> =>
  (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new Refusal(`must be a whole number from ${least} to ${most}`)
  }

const oneOf =
  <Word extends string>(...words: readonly Word[]): Parse<Word> =>
  (text) => {
    const found = words.find((word) => word === text)
    if (found !== undefined) return found
    throw new Refusal(`must be one of ${words.join(", ")}`)
  }

const anyText: Parse<string> = (text) => text

/** Addresses and networks, with commas between. */
const networks: Parse<readonly string[]> = (text) => {
  const list = text
    .split(",")
    .map((network) => network.trim())
    .filter((network) => network !== "")
  if (list.some((network) => /\/0+$/.test(network)))
    throw new Refusal("must be your proxies alone: /0 would let all callers say who they are")
  const odd = list.find((network) => !isNetwork(network))
  if (odd === undefined) return list
  throw new Refusal("must be addresses or networks like 10.0.0.0/8, with commas between")
}

const prefix: Parse<string> = (text) => {
  if (/^[\w-]{0,32}$/.test(text)) return text
  throw new Refusal("must be at most 32 letters, digits, - and _")
}

const redisUrl: Parse<string> = (text) => {
  try {
    parseRedisUrl(text)
    return text
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/\.$/, "") : "it cannot be read"
    throw new Refusal(`must be an address of Redis, Sentinel or a Cluster: ${why}`)
  }
}

function always<T>(
  name: string,
  parse: Parse<T>,
  defaults: string | Readonly<Record<Mode, string>>,
  meaning: string,
): Setting<T> {
  const both = typeof defaults === "string" ? { development: defaults, production: defaults } : defaults
  return { name, parse, defaults: both, meaning }
}

function perhaps<T>(
  name: string,
  parse: Parse<T>,
  meaning: string,
  rest: Partial<Pick<Setting<T>, "without" | "secret" | "requiredInProduction">>,
): Setting<T | undefined> {
  return { name, parse, defaults: { development: undefined, production: undefined }, meaning, ...rest }
}

export const SETTINGS = {
  mode: always<Mode>(
    "NODE_ENV",
    (text, mode) => (text === "test" ? "development" : oneOf<Mode>("development", "production")(text, mode)),
    "development",
    "`production` refuses to start on default or missing secrets and has no app `demo`; `test` means development",
  ),
  port: always("PORT", wholeNumber(0, 65_535), "3000", "where the hub listens; `0` picks a free port"),
  host: always(
    "HOST",
    anyText,
    { development: "127.0.0.1", production: "0.0.0.0" },
    "the address the hub listens on",
  ),
  dataDir: always(
    "DATA_DIR",
    anyText,
    "./data",
    "directory of the embedded store (LMDB), used without `REDIS_URL`",
  ),
  redisUrl: perhaps(
    "REDIS_URL",
    redisUrl,
    "`redis://…`, `rediss://…`; a comma-separated list of nodes is a Redis Cluster; `redis+sentinel://…` is Sentinel",
    { secret: true },
  ),
  redisPrefix: always(
    "REDIS_PREFIX",
    prefix,
    "",
    "stands before every key and channel in Redis, so that several hubs can share a database",
  ),
  waitReplicas: always(
    "REDIS_WAIT_REPLICAS",
    wholeNumber(0, 16),
    "0",
    "replicas of Redis that must have what is acknowledged; what they do not have in time is refused, to be sent again",
  ),
  waitMs: always(
    "REDIS_WAIT_MS",
    wholeNumber(1, 1_500),
    "500",
    "how long they are waited for, in milliseconds",
  ),
  adminToken: perhaps("ADMIN_TOKEN", bearerText, "bearer token of the admin API", {
    secret: true,
    requiredInProduction: true,
    without: "random, printed once",
  }),
  sessionSecret: perhaps("SESSION_SECRET", secretText, "signs anonymous session tokens", {
    secret: true,
    requiredInProduction: true,
    without: "kept in the store",
  }),
  metricsToken: perhaps(
    "METRICS_TOKEN",
    bearerText,
    "bearer token that `GET /metrics` then asks for; without it everybody may read the metrics",
    { secret: true },
  ),
  logLevel: always(
    "LOG_LEVEL",
    oneOf(...LOG_LEVELS),
    "info",
    `least level that is logged: ${LOG_LEVELS.join(", ")}`,
  ),
  drainMs: always(
    "DRAIN_MS",
    wholeNumber(0, 3_600_000),
    "10000",
    "after SIGTERM, the time in milliseconds over which sockets are told to come back",
  ),
  keepAliveMs: always(
    "KEEP_ALIVE_MS",
    wholeNumber(1_000, 3_600_000),
    "75000",
    "how long an idle HTTP connection is kept, in milliseconds; longer than the idle time-out of your load balancer",
  ),
  partitions: always(
    "PARTITIONS",
    wholeNumber(1, 64),
    "1",
    "partitions of newly made apps on Redis, 1 to 64; the embedded store always has 1",
  ),
  trustedProxies: always(
    "TRUSTED_PROXIES",
    networks,
    "",
    "addresses or networks of your proxies, with commas between: their `X-Forwarded-For` says who connects",
  ),
  connectionsPerAddress: always(
    "CONNECTIONS_PER_ADDRESS",
    wholeNumber(1, 1_000_000),
    "1000",
    "connections at once from one public address; private ones and this machine's are not counted",
  ),
  handshakesPerAddress: always(
    "HANDSHAKES_PER_ADDRESS",
    wholeNumber(1, 100_000),
    "50",
    "connections a second from one public address; ten seconds' worth may come at once",
  ),
} as const

type Value<S> = S extends Setting<infer T> ? T : never
export type Config = { readonly [K in keyof typeof SETTINGS]: Value<(typeof SETTINGS)[K]> }

/** Every reason why the hub cannot start on this environment, a sentence each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError"
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join("\n"))
    this.problems = problems
  }
}

/**
 * The settings as the environment gives them; an empty value counts as none.
 *
 * @throws ConfigError with one sentence for each setting that is refused; none of them holds a value
 */
export function readConfig(env: Environment): Config {
  const problems: string[] = []
  const mode: Mode = env[SETTINGS.mode.name] === "production" ? "production" : "development"

  const read = <T>(setting: Setting<T>): T => {
    try {
      const text = env[setting.name] || setting.defaults[mode]
      if (text !== undefined) return setting.parse(text, mode)
      if (mode === "production" && setting.requiredInProduction)
        throw new Refusal("must be set in production")
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      problems.push(`${setting.name} ${error.message}.`)
    }
    // Either T includes `undefined`, as only such settings lack a default, or a problem refuses the whole.
    return undefined as T
  }

  const config: Config = {
    mode: read(SETTINGS.mode),
    port: read(SETTINGS.port),
    host: read(SETTINGS.host),
    dataDir: read(SETTINGS.dataDir),
    redisUrl: read(SETTINGS.redisUrl),
    redisPrefix: read(SETTINGS.redisPrefix),
    waitReplicas: read(SETTINGS.waitReplicas),
    waitMs: read(SETTINGS.waitMs),
    adminToken: read(SETTINGS.adminToken),
    metricsToken: read(SETTINGS.metricsToken),
    keepAliveMs: read(SETTINGS.keepAliveMs),
    sessionSecret: read(SETTINGS.sessionSecret),
    logLevel: read(SETTINGS.logLevel),
    drainMs: read(SETTINGS.drainMs),
    partitions: read(SETTINGS.partitions),
    trustedProxies: read(SETTINGS.trustedProxies),
    connectionsPerAddress: read(SETTINGS.connectionsPerAddress),
    handshakesPerAddress: read(SETTINGS.handshakesPerAddress),
  }
  const { adminToken, sessionSecret, metricsToken } = config
  const secrets = [adminToken, sessionSecret, metricsToken].filter((secret) => secret !== undefined)
  if (mode === "production" && alike(secrets))
    problems.push("ADMIN_TOKEN, SESSION_SECRET and METRICS_TOKEN must differ from one another.")
  if (env[SETTINGS.redisUrl.name] === undefined)
    for (const { name } of [SETTINGS.redisPrefix, SETTINGS.waitReplicas])
      if (env[name] && env[name] !== "0" && !problems.some((problem) => problem.startsWith(name)))
        problems.push(`${name} must be used with REDIS_URL, which is not set.`)
  if (problems.length > 0) throw new ConfigError(problems)
  return config.redisUrl === undefined ? { ...config, partitions: 1 } : config
}

const rows = Object.values(SETTINGS).map((setting: Setting<unknown>) => {
  const { development, production } = setting.defaults
  return {
    name: setting.name,
    development: (development ?? setting.without) || "–",
    production: setting.requiredInProduction ? "required" : production || "–",
    meaning: setting.secret ? `${setting.meaning} (never logged)` : setting.meaning,
  }
})

/** The table of docs/operations.md, in Markdown. */
export function settingsTable(): string {
  const lines = rows.map(
    ({ name, development, production, meaning }) =>
      `| \`${name}\` | ${development} | ${production} | ${meaning} |`,
  )
  return [
    "| setting | in development | in production | meaning |",
    "| --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n")
}

/** What `--help` prints. */
export function help(): string {
  const lines = rows.map(({ name, development, production, meaning }) => {
    const defaults = development === production ? development : `${development}; in production: ${production}`
    return `  ${name.padEnd(25)}${meaning.replaceAll("`", "")} [${defaults}]`
  })
  return [
    "tributary-hub: a real-time conversation hub. It is set up by its environment:",
    "",
    ...lines,
    "",
  ].join("\n")
}
