/** Numbers the turns of the event loop: what has the same number was done in one turn. */
let turn = 0
let counting = false

export function loopTurn(): number {
  if (!counting) {
    counting = true
    setImmediate(() => {
      counting = false
      turn += 1
    })
  }
  return turn
}
