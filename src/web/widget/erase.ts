/** Removes from a closed window all that the browser would keep of the person it was drawn for. */
const EMPTY = /^/

/**
 * A browser keeps a field that was typed into for longer than the page does, and a copy of the text that a regular
 * expression searched last. Both are emptied, because all that refers to them is kept with them.
 */
export function erase(elements: readonly Element[]): void {
  for (const element of elements) {
    if (element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement) element.value = ""
    for (const key of Object.keys(element)) Reflect.deleteProperty(element, key)
  }
  if (EMPTY.exec("") === null) throw new Error("An empty text begins.")
}
