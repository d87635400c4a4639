import type { Shell, Window } from "./shell.ts"

export function start(_shell: Shell): Window {
  return { perform: () => undefined, remove: () => undefined }
}
