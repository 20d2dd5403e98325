/**
 * Reads damaged and hostile inputs by the thousand, a process a reader, and tells which of them crash it, hang it, take
 * more than a second or 300 MB, or end in an error that nobody made for people:
 *
 *   npm run fuzz                                     100,000 inputs a reader, fewer where the disk or a decoder is slow
 *   npm run fuzz -- --count 1000 --reader pickle     fewer, of one reader; --seed 7 takes others
 *   npm run fuzz -- --reader pickle --only 123       one of them again
 *
 * Inputs that fail are written to runs/fuzz (--out), each beside its fault. Ends with 1 if anything failed. Readers
 * and inputs stand in test/fuzz; the package is read from dist.
 */
import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { compileFromDist } from '../from-dist.mjs'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    reader: { type: 'string', multiple: true },
    only: { type: 'string' },
    out: { type: 'string', default: 'runs/fuzz' },
  },
})
/** Seconds at one input after which the process is ended: machines are shared. */
const PATIENCE = 60
/** Failures of a reader after which it is left. */
const MOST_FAILURES = 50

const folder = mkdtempSync(join(tmpdir(), 'resnet-fuzz-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(130))
await compileFromDist(
  ['child', 'readers', 'watch'].map((name) => `test/fuzz/${name}.ts`),
  folder,
)
const { readers } = await import(pathToFileURL(join(folder, 'readers.mjs')))
const { inputOf } = await import(pathToFileURL(join(folder, 'watch.mjs')))

/** Runs the inputs from `first` to `end` in a process; resolves to where it got. */
function stretch(name, first, end, onFault) {
  return new Promise((resolve) => {
    const file = join(folder, `${name}.progress`)
    writeFileSync(file, Buffer.alloc(8))
    const child = fork(join(folder, 'child.mjs'), [name, values.seed, String(first), String(end), file], {
      execArgv: ['--expose-gc', '--max-old-space-size=600'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let said = ''
    child.stderr.on('data', (text) => {
      said = `${said}${text}`.slice(-3000)
    })
    child.on('message', ({ index, fault }) => onFault(index, fault))
    const at = () => readFileSync(file).readDoubleLE()
    let [last, since, hung] = [-1, Date.now(), false]
    const timer = setInterval(() => {
      const now = at()
      if (now !== last) [last, since] = [now, Date.now()]
      else if (Date.now() - since > 1000 * PATIENCE) {
        hung = true
        child.kill('SIGKILL')
      }
    }, 500)
    child.on('close', (code, signal) => {
      clearInterval(timer)
      const place = at()
      if (place >= end) return resolve(end)
      onFault(place, hung ? `no end after ${PATIENCE} seconds` : `the process ended with ${signal ?? code}: ${said}`)
      resolve(place + 1)
    })
  })
}

async function fuzz(reader) {
  const count = Math.max(1, Math.round(Number(values.count) * (reader.share ?? 1)))
  const only = values.only === undefined ? undefined : Number(values.only)
  const [from, end] = only === undefined ? [0, count] : [only, only + 1]
  const faults = []
  const began = Date.now()
  const onFault = (index, fault) => {
    faults.push(index)
    process.stdout.write(
      `${reader.name}: input ${index} of seed ${values.seed}: ${fault.split('\n').slice(0, 4).join('\n  ')}\n`,
    )
    keep(reader, index, fault)
  }
  let at = from
  while (at < end && faults.length < MOST_FAILURES) at = await stretch(reader.name, at, end, onFault)
  return { name: reader.name, inputs: at - from, faults, seconds: (Date.now() - began) / 1000 }
}

const kept = []
function keep(reader, index, fault) {
  mkdirSync(values.out, { recursive: true })
  const base = join(values.out, `${reader.name}-${values.seed}-${index}`)
  writeFileSync(`${base}.txt`, `${fault}\n`)
  kept.push(
    inputOf(reader, Number(values.seed), index).then(
      (bytes) => writeFileSync(`${base}.bin`, bytes),
      (error) => writeFileSync(`${base}.txt`, `${fault}\nits input cannot be made: ${error}\n`),
    ),
  )
}

const unknown = values.reader?.find((name) => !readers.some((reader) => reader.name === name))
if (unknown !== undefined) {
  console.error(`fuzz: no reader is named ${unknown}; there are ${readers.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const results = []
for (const reader of readers.filter(({ name }) => values.reader?.includes(name) ?? true)) {
  const result = await fuzz(reader)
  results.push(result)
  const rate = Math.round(result.inputs / result.seconds)
  console.log(
    `${result.name.padEnd(20)} ${String(result.inputs).padStart(7)} inputs ${String(rate).padStart(6)}/s  ${result.faults.length} failed`,
  )
}
await Promise.all(kept)
const [inputs, failed] = [
  results.reduce((sum, { inputs }) => sum + inputs, 0),
  results.reduce((sum, { faults }) => sum + faults.length, 0),
]
console.log(`${inputs} inputs, ${failed} failed${failed > 0 ? `; they lie in ${values.out}` : ''}`)
process.exitCode = failed > 0 ? 1 : 0
