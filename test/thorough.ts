/** How many times as often as usual chance and many cases are tried: `THOROUGH=10 npx vitest run test/app`. */
export const THOROUGH = Number(process.env.THOROUGH ?? 1)
