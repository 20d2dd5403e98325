/**
 * Reads inputs one after the other, in a process of its own: `scripts/trials/fuzz.mjs` starts it, and looks into the file of the
 * progress for the input at which it stopped, where it stops without a word.
 */
import { openSync, writeSync } from 'node:fs'
import { readers } from './readers.js'
import { inputOf, watchGroup } from './watch.js'

/** Inputs that are watched together. */
const GROUP = 16

const [name, seed, first, end, progressFile] = process.argv.slice(2) as [string, string, string, string, string]
const reader = readers.find((one) => one.name === name)
if (!reader) throw new Error(`no reader is named ${name}`)
process.on('disconnect', () => process.exit()) // nobody listens any more
const progress = openSync(progressFile, 'r+')
const note = Buffer.alloc(8)
for (let start = Number(first); start < Number(end); start += GROUP) {
  await new Promise(setImmediate) // messages and the end of the other process are heard
  const inputs: Uint8Array[] = []
  for (let index = start; index < Math.min(start + GROUP, Number(end)); index++)
    inputs.push(await inputOf(reader, Number(seed), index))
  await watchGroup(reader, inputs, {
    begins: (place) => {
      note.writeDoubleLE(start + place)
      writeSync(progress, note, 0, 8, 0)
    },
    fails: (place, fault) => process.send?.({ index: start + place, fault }),
  })
}
note.writeDoubleLE(Number(end))
writeSync(progress, note, 0, 8, 0)
process.exit()
