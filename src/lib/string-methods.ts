/**
 * V8 keeps the methods of a class in a slow table from the moment at which another class is derived from it, until it
 * sees a method called on an object that has them. A plain string is no object in this sense. ioredis derives a class
 * from `String` when it is loaded, and from then on each `charCodeAt` or `slice` of any string in the process takes four
 * times as long. So call one on a `String` object, often enough that V8 keeps notes of the call (ten times in Node 20).
 */
const CALLS = 1000

const firstLetter = (text: string): string => text.charAt(0)

/** Makes methods of strings as fast again as they are in a process that has no class derived from `String`. */
export function restoreStringMethods(): void {
  // The boundary: TypeScript has no type for a value that is called like a string and is an object.
  const text = Object("a") as string
  for (let call = 0; call < CALLS; call++) firstLetter(text)
}
