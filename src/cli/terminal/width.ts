/** Lines of progress within the width of the terminal: what matters least falls away first. */

/** Columns where nothing tells how many there are: of a pipe or a file. */
const USUAL = 80
/** Below it lines would say nothing; a narrower terminal cuts them off. */
const LEAST = 40

/** The columns that a line of standard error may take. */
export function columns(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> = process.stderr): number {
  if (!stream.isTTY || !stream.columns) return USUAL
  return Math.max(LEAST, Math.min(USUAL, stream.columns))
}

/** A part of a line. Parts of a higher rank fall away before those of a lower one; rank 0 stays. */
export type Part = readonly [text: string, rank: number]

/** The parts in their order, two spaces apart, without those that find no room. */
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

/** Columns of a bar beside text: a fifth of the line, at most 24. */
export function barSize(width: number): number {
  return Math.min(24, Math.floor(width / 5))
}

/** Text in lines of at most 80 columns, broken between words; all but the first are indented. */
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
