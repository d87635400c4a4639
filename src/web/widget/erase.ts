/** What is left of a window that was taken down: nothing of the person it was drawn for. */
const EMPTY = /^/

/**
 * A browser holds a field that was typed into longer than the page does, for its own purposes; and of the last words that
 * were searched it keeps a copy. With both goes whatever hangs on them.
 */
export function erase(elements: readonly Element[]): void {
  for (const element of elements) {
    if (element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement) element.value = ""
    for (const key of Object.keys(element)) Reflect.deleteProperty(element, key)
  }
  if (EMPTY.exec("") === null) throw new Error("An empty text begins.")
}
