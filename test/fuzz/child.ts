/**
 * Reads inputs one after the other, in a process of its own: `scripts/fuzz.mjs` starts it, and looks into the file of the
 * progress for the input at which it stopped, where it stops without a word.
 */
import { openSync, writeSync } from 'node:fs'
import { readers } from './readers.js'
import { inputOf, watchedFault } from './watch.js'

const [name, seed, first, end, progressFile] = process.argv.slice(2) as [string, string, string, string, string]
const reader = readers.find((one) => one.name === name)
if (!reader) throw new Error(`no reader is named ${name}`)
process.on('disconnect', () => process.exit()) // nobody listens any more
const progress = openSync(progressFile, 'r+')
const note = Buffer.alloc(8)
for (let index = Number(first); index < Number(end); index++) {
  if (index % 64 === 0) await new Promise(setImmediate) // messages and the end of the other process are heard
  note.writeDoubleLE(index)
  writeSync(progress, note, 0, 8, 0)
  const fault = await watchedFault(reader, await inputOf(reader, Number(seed), index))
  if (fault !== undefined) process.send?.({ index, fault })
}
note.writeDoubleLE(Number(end))
writeSync(progress, note, 0, 8, 0)
process.exit()
