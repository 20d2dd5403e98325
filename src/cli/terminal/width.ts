/** Fits lines of progress into the width of the terminal. The least important part is dropped first. */

/** Columns for a pipe or a file, which have no width. */
const USUAL = 80
/** The least width. Shorter lines would be useless; a narrower terminal clips them. */
const LEAST = 40

/** The number of columns that a line of standard error may take. */
export function columns(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> = process.stderr): number {
  if (!stream.isTTY || !stream.columns) return USUAL
  return Math.max(LEAST, Math.min(USUAL, stream.columns))
}

/** A part of a line. Parts of a higher rank are dropped before parts of a lower rank. Parts of rank 0 stay. */
export type Part = readonly [text: string, rank: number]

/** The parts in order, two spaces apart, without those that do not fit. */
export function fitted(parts: readonly Part[], width: number): string {
  let kept = parts.filter(([text]) => text !== '')
  const line = () => kept.map(([text]) => text).join('  ')
  while (line().length > width) {
    const least = Math.max(...kept.map(([, rank]) => rank))
    if (least === 0) break
    const last = kept.findLastIndex(([, rank]) => rank === least)
    kept = kept.filter((_, i) => i !== last)
  }
  return line()
}

/** The columns of a bar beside text: a fifth of the line, at most 24. */
export function barSize(width: number): number {
  return Math.min(24, Math.floor(width / 5))
}

/** Breaks text between words into lines of at most 80 columns. All lines but the first are indented. */
export function wrapped(text: string, indent: string, width = USUAL): string {
  const lines: string[] = []
  let line = /^ */.exec(text)![0]
  for (const word of text.trim().split(' ')) {
    const begun = line.trim() !== ''
    if (begun && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent + word
    } else line += (begun ? ' ' : '') + word
  }
  return [...lines, line].join('\n')
}
