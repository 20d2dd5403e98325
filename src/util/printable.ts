/**
 * Text of a file, made fit for a message, a terminal or a table: short, on one line, and without the characters that
 * steer what shows it.
 */

/** Characters of a foreign name that a message shows, where nothing else is said. */
const MOST = 80

/**
 * What steers a terminal or turns the order of a line: control characters (C0, DEL, C1), separators of lines and
 * paragraphs, marks and overrides of direction, the byte order mark and halves of pairs that stand alone.
 */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu

/**
 * The text with a `�` for each character that steers a terminal, cut to `most` characters, the last of them `…` where
 * something is missing. Never throws, and takes no longer for a long text than for a short one.
 */
export function printable(text: string, most = MOST): string {
  const begin = text.slice(0, 2 * most + 2) // a character takes at most two units
  const characters = Array.from(begin.replace(STEERING, '\ufffd'))
  if (characters.length <= most && begin.length === text.length) return characters.join('')
  return `${characters.slice(0, most - 1).join('')}…`
}
