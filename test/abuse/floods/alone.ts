/** What one visitor's socket does without end. */
import type { Flood } from "../flood.ts"
import type { Mob } from "../mob.ts"

/**
 * The same frames again and again.
 *
 * @param count so many to a write
 */
export const alone = (
  name: string,
  says: string,
  one: (n: number, mob: Mob) => string,
  brief?: Flood["brief"],
  count?: number,
): Flood => ({
  name,
  says,
  connections: 1,
  ...(brief && { brief }),
  arm: async (mob) => () =>
    mob.crowd(1, async () => {
      const guest = await mob.visit()
      if (guest) await mob.repeat(guest.stranger, (n) => one(n, mob), count)
    }),
})
