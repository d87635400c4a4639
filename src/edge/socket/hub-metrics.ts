/** What an operator watches: the numbers of `GET /metrics`. */
import type { Counter, Metrics } from "../../lib/metrics.ts"

export interface HubMetrics {
  readonly handshakes: Counter<"code">
  readonly commands: Counter<"command" | "code">
  readonly blocked: Counter<never>
  readonly cut: Counter<never>
  readonly ended: Counter<"reason">
  readonly faults: Counter<"part">
  readonly conflicts: Counter<"change">
  readonly exhausted: Counter<"change">
}

export interface Counts {
  sockets(): number
  consoles(): number
  rooms(): number
}

export function createHubMetrics(metrics: Metrics, counts: Counts): HubMetrics {
  metrics.watch("tributary_sockets", "Sockets of end users on this node.", counts.sockets)
  metrics.watch("tributary_consoles", "Sockets of agents on this node.", counts.consoles)
  metrics.watch("tributary_rooms", "Users whose feed this node follows.", counts.rooms)
  return {
    handshakes: metrics.counter("tributary_handshakes_total", "Handshakes by result.", ["code"]),
    commands: metrics.counter("tributary_commands_total", "Commands by result.", ["command", "code"]),
    blocked: metrics.counter(
      "tributary_blocked_frames_total",
      "Sockets found in a room that is not theirs. Must stay 0.",
    ),
    cut: metrics.counter("tributary_slow_readers_total", "Connections cut because they read too slowly."),
    ended: metrics.counter(
      "tributary_ended_connections_total",
      "Connections ended by the hub: for a packet that no client sends, or for going on after rate_limited.",
      ["reason"],
    ),
    faults: metrics.counter("tributary_faults_total", "Faults by part; the hub heals them by itself.", [
      "part",
    ]),
    conflicts: metrics.counter(
      "tributary_conflicts_total",
      "Decisions and look-ups made again because what they looked at had changed.",
      ["change"],
    ),
    exhausted: metrics.counter(
      "tributary_exhausted_total",
      "Changes and searches given up after too many tries; the caller was told to come back.",
      ["change"],
    ),
  }
}
