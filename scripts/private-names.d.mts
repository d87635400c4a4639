export const PRIVATE_NAMES: readonly string[]
