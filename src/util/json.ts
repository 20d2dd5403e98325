/**
 * Parses JSON from a file. It counts the text's lists and values first, so that deep nesting or millions of values are
 * refused.
 */
import type { Budget } from './budget.js'
import { printable } from './printable.js'

/**
 * Parses a JSON text. If it is not JSON, returns undefined, or calls `otherwise` with the reason.
 * @throws DataError naming the file if the text holds more values, or nests deeper, than its budget allows
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

/** Counts lists, objects and their entries, whether or not the text is JSON. */
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
