/** Times as people say them, in their language and time zone. All take Unix milliseconds. */
const DAY_MS = 86_400_000

/** Making a format costs a thousand times what using it does, and a history of messages uses it at every drawing. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatted(at: number, locale: string, options: Intl.DateTimeFormatOptions): string {
  const name = `${locale} ${Object.entries(options)}`
  const format = formats.get(name) ?? new Intl.DateTimeFormat(locale, options)
  formats.set(name, format)
  return format.format(at)
}

/** `09:05`, `9:05 AM`: as the locale has it. */
export const clockTime = (at: number, locale: string): string => formatted(at, locale, { timeStyle: "short" })

/** Date and time in full, for a tooltip. */
export const fullTime = (at: number, locale: string): string =>
  formatted(at, locale, { dateStyle: "full", timeStyle: "short" })

const midnight = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

/** Calendar days from `at` to `now`: 0 today, 1 yesterday. A day of a time change has other hours, hence the rounding. */
const daysBetween = (at: number, now: number): number => Math.round((midnight(now) - midnight(at)) / DAY_MS)

export const sameDay = (a: number, b: number): boolean => midnight(a) === midnight(b)

/** "today", "yesterday", "Monday", "3 March", "3 March 2024". */
export function dayName(at: number, now: number, locale: string): string {
  const days = daysBetween(at, now)
  if (days === 0 || days === 1) {
    const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day")
    return words.charAt(0).toLocaleUpperCase(locale) + words.slice(1)
  }
  if (days > 1 && days < 7) return formatted(at, locale, { weekday: "long" })
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" as const }
  return formatted(at, locale, { day: "numeric", month: "long", ...year })
}

/** For lists: the time of today, the weekday of this week, the date of before. */
export function shortTime(at: number, now: number, locale: string): string {
  const days = daysBetween(at, now)
  if (days <= 0) return clockTime(at, locale)
  if (days === 1) return dayName(at, now, locale)
  if (days < 7) return formatted(at, locale, { weekday: "short" })
  return formatted(at, locale, { dateStyle: "short" })
}

/** By language; made once, as the formats above. */
const distances = new Map<string, Intl.RelativeTimeFormat>()

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", DAY_MS],
  ["hour", 3_600_000],
  ["minute", 60_000],
]

/** "5 minutes ago"; less than a minute is "now", and so is what has happened where this clock is behind the hub's. */
export function relativeTime(at: number, now: number, locale: string): string {
  const format =
    distances.get(locale) ?? new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" })
  distances.set(locale, format)
  const passed = now - at
  for (const [unit, length] of STEPS) {
    if (passed >= length) return format.format(-Math.trunc(passed / length), unit)
  }
  return format.format(0, "second")
}

/** `1.2 MB`, in the locale's own way. */
export function byteSize(bytes: number, locale: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3))
  const style = { style: "unit", unit: units[step] ?? "byte", unitDisplay: "short" } as const
  return new Intl.NumberFormat(locale, { ...style, maximumFractionDigits: 1 }).format(bytes / 1000 ** step)
}
