/**
 * Whether something that was written down with a time happened within the last so many milliseconds. A time that is further
 * ahead than that was written while a clock was wrong; what it dates is taken to be long ago, or it would be new until that time has come.
 */
export const lately = (at: number, now: number, withinMs: number): boolean => Math.abs(now - at) < withinMs
