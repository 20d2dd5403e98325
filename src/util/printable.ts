/** Makes text from a file fit for a message, a terminal or a table: short, on one line, without control characters. */

/** Default number of characters that a message shows of a foreign name. */
const MOST = 80

/**
 * Characters that control a terminal or change the order of a line: control characters (C0, DEL, C1), separators of
 * lines and paragraphs, marks and overrides of direction, the byte order mark, and lone halves of surrogate pairs.
 */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for these
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu

/**
 * Replaces each control character by `�` and cuts the text to `most` characters; the last one is `…` if text is
 * missing. Never throws, and takes no longer for a long text than for a short one.
 */
export function printable(text: string, most = MOST): string {
  const begin = text.slice(0, 2 * most + 2) // a character takes at most two units
  const characters = Array.from(begin.replace(STEERING, '\ufffd'))
  if (characters.length <= most && begin.length === text.length) return characters.join('')
  return `${characters.slice(0, most - 1).join('')}…`
}

/** Whole numbers from here on are not written out, which could take minutes. */
const HUGE = 1n << 256n
/** The deepest nesting of lists and objects that `shown` reads. */
const MOST_DEPTH = 4

/**
 * A value of any kind for a message, roughly as JSON: `"cat"`, `[1,2,3]`, `{"a":1}`, `nothing` for undefined; cut to
 * `most` characters. Never throws, and reads no more of the value than it shows.
 */
export function shown(value: unknown, most = MOST): string {
  try {
    return printable(written(value, most, 0), most)
  } catch {
    return 'something that cannot be shown' // a proxy, or a getter that throws
  }
}

/** Stops early when no more text fits. */
function written(value: unknown, most: number, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 2 * most + 2))
  if (typeof value === 'number') return Object.is(value, -0) ? '0' : String(value)
  if (value === undefined) return 'nothing'
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return value > -HUGE && value < HUGE ? `${value}n` : 'a huge number'
  if (typeof value !== 'object') return `a ${typeof value}`
  if (depth === MOST_DEPTH) return '…'
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  let text = open!
  for (const [key, part] of partsOf(value)) {
    if (text.length > most) return text
    if (text.length > 1) text += ','
    text += key + written(part, most, depth + 1)
  }
  return text + close!
}

function* partsOf(value: object): Iterable<[key: string, part: unknown]> {
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) yield ['', value[i]]
  else
    for (const key in value)
      if (Object.hasOwn(value, key))
        yield [`${JSON.stringify(printable(key))}:`, (value as Record<string, unknown>)[key]]
}
