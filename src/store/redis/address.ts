/**
 * Where Redis is, as `REDIS_URL` says it. Read by hand and not by `URL`: a password may hold whatever its owner chose,
 * also `@`, `/` and `%`, escaped or as it is.
 *
 *     redis://[[user]:password@]host[:port][/database]            one server; rediss:// over TLS
 *     redis://…,redis://…                                         a cluster; credentials of the first
 *     redis+sentinel://[[user]:password@]host[:port],…/name[/database][?sentinelUser=…&sentinelPassword=…]
 *                                                                 watched by Sentinels; rediss+sentinel:// all over TLS
 */
export interface Credentials {
  readonly username?: string
  readonly password?: string
}

export interface Host {
  readonly host: string
  readonly port: number
}

export interface RedisAddress {
  readonly kind: "one" | "cluster" | "sentinel"
  /** The server; the nodes of the cluster; the Sentinels. */
  readonly hosts: readonly Host[]
  readonly tls: boolean
  readonly credentials: Credentials
  readonly database: number
  /** Sentinel's name of the primary. */
  readonly name?: string
  readonly sentinel?: Credentials
}

const URL_PARTS =
  /^(?<scheme>rediss?(?:\+sentinel)?):\/\/(?:(?<user>[^:]*?):(?<password>.*)@|(?<only>[^@:/]*)@)?(?<hosts>[\w.:,[\] -]+)(?<path>(?:\/[^/?#@]*){0,2})(?:\?(?<query>[^#]*))?$/s
const HOST = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<host>[^\s:[\]]+))(?::(?<port>\d{1,5}))?$/i

/** @throws Error with one sentence that tells no password */
export function parseRedisUrl(url: string): RedisAddress {
  const [first, ...rest] = url
    .trim()
    .split(/\s*,\s*(?=rediss?:\/\/)/)
    .map(parseOne)
  if (!first) throw new Error("An address of Redis is empty.")
  if (rest.length === 0) return first
  const all = [first, ...rest]
  if (all.some(({ kind }) => kind === "sentinel"))
    throw new Error("An address of Sentinel cannot be one of a list.")
  if (all.some(({ tls }) => tls !== first.tls))
    throw new Error("A Redis Cluster is redis:// or rediss:// as a whole.")
  if (all.some(({ database }) => database !== 0)) throw new Error("A Redis Cluster has database 0 only.")
  return { ...first, kind: "cluster", hosts: all.flatMap(({ hosts }) => hosts) }
}

function parseOne(url: string): RedisAddress {
  const { scheme, user, password, only, hosts, path, query } = URL_PARTS.exec(url)?.groups ?? {}
  if (scheme === undefined || hosts === undefined) {
    throw new Error("An address of Redis is expected like redis://host:port or rediss://host:port.")
  }
  const tls = scheme.startsWith("rediss")
  const credentials = credentialsOf(user ?? only, password)
  const segments = (path ?? "").split("/").slice(1)
  if (!scheme.endsWith("+sentinel")) {
    const [host, ...others] = hosts.split(",")
    if (host === undefined || others.length > 0 || query !== undefined || segments.length > 1) {
      throw new Error(
        "An address of Redis is one host, port and database; several have commas between, each with its redis://.",
      )
    }
    return {
      kind: "one",
      hosts: [hostOf(host, 6_379)],
      tls,
      credentials,
      database: databaseOf(segments[0]),
    }
  }
  const [name, database] = segments
  if (!name) {
    throw new Error(
      "An address of Sentinel is expected like redis+sentinel://host:port,host:port/masterName.",
    )
  }
  return {
    kind: "sentinel",
    hosts: hosts.split(",").map((host) => hostOf(host.trim(), 26_379)),
    tls,
    credentials,
    database: databaseOf(database),
    name: unescaped(name),
    sentinel: sentinelCredentials(query ?? ""),
  }
}

function sentinelCredentials(query: string): Credentials {
  const found = new Map<string, string>()
  for (const pair of query.split("&").filter((pair) => pair !== "")) {
    const [name = "", ...value] = pair.split("=")
    if (name !== "sentinelUser" && name !== "sentinelPassword")
      throw new Error(
        "An address of Sentinel knows sentinelUser and sentinelPassword after its question mark.",
      )
    found.set(name, value.join("="))
  }
  return credentialsOf(found.get("sentinelUser"), found.get("sentinelPassword"))
}

const credentialsOf = (username: string | undefined, password: string | undefined): Credentials => ({
  ...(username && { username: unescaped(username) }),
  ...(password && { password: unescaped(password) }),
})

function hostOf(text: string, usual: number): Host {
  const { v6, host, port } = HOST.exec(text)?.groups ?? {}
  const found = { host: v6 ?? host ?? "", port: Number(port ?? usual) }
  if (found.host !== "" && found.port > 0 && found.port < 65_536) return found
  throw new Error("An address of Redis has a host or port that is none.")
}

function databaseOf(text = ""): number {
  if (/^\d{0,5}$/.test(text)) return Number(text)
  throw new Error("The database of Redis must be a number, like redis://host:port/1.")
}

/** A `%` that escapes nothing stands for itself. */
const unescaped = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped)
    } catch {
      return escaped
    }
  })

/** For logs and errors. */
export const namesOf = ({ hosts }: RedisAddress): string =>
  hosts.map(({ host, port }) => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`)).join(", ")
