/** JSON of a file: counted before it is parsed, so that a text of lists in lists, or of millions of them, is refused. */
import type { Budget } from './budget.js'
import { printable } from './printable.js'

/**
 * The value of a JSON text. Undefined where it is none, unless `otherwise` says more: it is told why.
 * @throws DataError naming the file when the text holds more, or is nested deeper, than its budget allows
 */
export function parseJson(text: string, budget: Budget, otherwise?: (reason: string) => never): unknown {
  pay(text, budget)
  try {
    return JSON.parse(text)
  } catch (error) {
    return otherwise?.(printable((error as Error).message, 120))
  }
}

const [QUOTE, BACKSLASH, COMMA, LIST, LIST_END, OBJECT, OBJECT_END] = Array.from('"\\,[]{}', (c) => c.charCodeAt(0))

/** Counts lists, objects and what is in them, whether or not the text is JSON. */
function pay(text: string, budget: Budget): void {
  let depth = 0
  for (let at = 0; at < text.length; at++)
    switch (text.charCodeAt(at)) {
      case QUOTE:
        for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++
        break
      case LIST:
      case OBJECT:
        budget.depth(++depth)
        budget.containers()
        budget.values()
        break
      case LIST_END:
      case OBJECT_END:
        depth--
        break
      case COMMA:
        budget.values()
    }
}
