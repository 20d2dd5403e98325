/** Where text goes: results to standard output, progress and complaints to standard error. */

/** Progress, notes and errors. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Results. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** A reader that went away, as `head` does, is no failure: what is left to say is dropped and the work goes on. */
export function forgiveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
}

/** Whether standard error is a terminal that can show something that moves. */
export function isLive(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== 'dumb'
}

/** Text in a colour of the 256-colour palette, where there is a terminal and colours are wanted (https://no-color.org). */
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
