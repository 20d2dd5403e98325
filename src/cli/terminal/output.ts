/**
 * Prints text: results to standard output, progress and errors to standard error. All text goes through this file, so
 * that no name from a foreign file can send control characters to the terminal.
 */

/** Prints progress, notes and errors. */
export function say(line: string): void {
  process.stderr.write(`${visible(line)}\n`)
}

/** Prints results. */
export function print(text: string): void {
  process.stdout.write(`${visible(text)}\n`)
}

/**
 * Control characters except tabs and ends of lines, line separators, and characters that change the direction of text.
 */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu

/** The text with control characters written out, such as `\u001b`. JSON with such characters keeps its meaning. */
export function visible(text: string): string {
  return text.replace(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The text on one line, for errors and for names within a line. */
export function oneLine(text: string): string {
  return visible(text.trim().replace(/\s*[\r\n]+\s*/g, ' '))
}

/**
 * Handles errors of standard output and standard error. A reader that closes early, such as `head` or a closed
 * terminal, is no failure: the remaining text is dropped and the work continues. Results that cannot be written for
 * another reason, such as a full disk, make the command fail at its end.
 */
export function minding(): void {
  process.stderr.on('error', () => {}) // there is nobody to tell
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    process.stdout.on('error', () => {}) // once is enough
    if (error.code === 'EPIPE' || (error.code === 'EIO' && process.stdout.isTTY)) return
    say(`resnet: standard output: cannot be written: ${reasons[error.code ?? ''] ?? oneLine(error.message)}`)
    process.on('exit', () => {
      process.exitCode ||= 1
    })
  })
}

const reasons: Readonly<Record<string, string>> = { ENOSPC: 'the disk is full', EIO: 'the disk failed' }

/** Whether standard error is a terminal that can show a moving bar. */
export function isLive(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== 'dumb'
}

/**
 * Text in a colour of the 256-colour palette, if standard error is a terminal and colours are not turned off
 * (https://no-color.org).
 */
export function paint(text: string, colour: number): string {
  const wanted = isLive() && !process.env.NO_COLOR
  return wanted ? `\u001b[38;5;${colour}m${text}\u001b[39m` : text
}

/** `4.2 s`, `3:07`, `1:02:45`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number) => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** `1,234 MiB`, `12.3 MiB`. */
export function bytesText(bytes: number): string {
  const mebibytes = bytes / 2 ** 20
  return `${mebibytes < 100 ? mebibytes.toFixed(1) : Math.round(mebibytes).toLocaleString('en-US')} MiB`
}

/** `8.4 %`. */
export function percentText(value: number): string {
  return `${value.toFixed(1)} %`
}

/** `1,234 images/s`. */
export function rateText(imagesPerSecond: number): string {
  const digits = imagesPerSecond < 10 ? imagesPerSecond.toFixed(1) : Math.round(imagesPerSecond).toLocaleString('en-US')
  return `${digits} images/s`
}
