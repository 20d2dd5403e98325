/**
 * Kills trainings at random moments and lets them go on:
 *
 *   node scripts/trials/kill-test.mjs 100 --seed 1
 *
 * A checkpoint is saved after every step, so that many kills fall into one. Ends with 1 if a checkpoint could not be
 * read, or if the weights of a run that was killed differ in a bit from those of one that never was.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { RunFolder, readCheckpoint } from '../../dist/internal.node.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, engine: { type: 'string', default: 'auto' } },
})
const kills = Number(positionals[0] ?? 100)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const script = fileURLToPath(new URL('../../bin/resnet.js', import.meta.url))
const base = mkdtempSync(join(tmpdir(), 'kill-test-'))

const run = '-a resnet8 --size 16 --limit-train 80 --limit-test 20 -b 8 --epochs 3'.split(' ')
const always = ['--checkpoint-every', '1', '--engine', values.engine, '--json']

/** Mulberry32: numbers in [0, 1) that a seed names. */
let state = seed
function random() {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

/** Runs `resnet train`; with a delay in milliseconds it is killed that long after its folder is there. */
function train(folder, args, delay) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, 'train', ...args, ...always], { stdio: ['ignore', 'pipe', 'pipe'] })
    const began = performance.now()
    let [out, err, ready, timer] = ['', '', undefined, undefined]
    const watch = setInterval(() => {
      if (ready === undefined && existsSync(folder)) {
        ready = performance.now() - began
        if (delay !== undefined) timer = setTimeout(() => child.kill('SIGKILL'), delay)
      }
    }, 2)
    child.stdout.on('data', (data) => (out += data))
    child.stderr.on('data', (data) => (err += data))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearInterval(watch)
      clearTimeout(timer)
      resolve({ code, signal, out, err, worked: performance.now() - began - (ready ?? 0) })
    })
  })
}

const fresh = (folder) => [...run, '--save-dir', folder]
const hashOf = ({ code, out, err }) => (code === 0 ? JSON.parse(out).weightHash : `code ${code}: ${err}`)

console.log(`seed ${seed}`)
const whole = await train(join(base, 'whole'), fresh(join(base, 'whole')))
const expected = hashOf(whole)
console.log(`without a kill: ${expected}, ${Math.round(whole.worked)} ms of training`)

const found = { killed: 0, inCheckpoint: 0, unreadable: 0, different: 0, metrics: 0 }
let shortest = whole.worked // what a run takes, as the machine is now
for (let n = 1; n <= kills; n++) {
  const folder = join(base, `run${n}`)
  let left = await train(folder, fresh(folder), random() * shortest)
  if (left.signal === null) shortest = Math.min(shortest, left.worked)
  const files = new RunFolder(folder)
  if (left.signal === 'SIGKILL') {
    found.killed++
    if (existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.tmp'))) found.inCheckpoint++
    for (const file of [files.last, files.best])
      if (existsSync(file))
        await readCheckpoint(file).catch((error) => {
          found.unreadable++
          console.log(`kill ${n}: ${error.message}`)
        })
    left = await train(join(base, 'none'), existsSync(files.last) ? ['--resume', folder] : fresh(folder))
  }
  const hash = hashOf(left)
  if (hash !== expected) {
    found.different++
    console.log(`kill ${n}: ${hash}, expected ${expected}`)
  }
  const epochs = existsSync(files.metrics) ? readFileSync(files.metrics, 'utf8').trimEnd().split('\n') : []
  if (epochs.map((line) => JSON.parse(line).epoch).join() !== '1,2,3') found.metrics++
  rmSync(folder, { recursive: true, force: true })
  if (n % 10 === 0) console.log(`${n} runs: ${JSON.stringify(found)}`)
}
rmSync(base, { recursive: true, force: true })
console.log(
  `${found.killed} of ${kills} runs killed, ${found.inCheckpoint} while writing a file: ` +
    `${found.unreadable} unreadable checkpoints, ${kills - found.different} of ${kills} final hashes equal, ` +
    `${found.metrics} wrong metrics`,
)
process.exit(found.unreadable + found.different + found.metrics > 0 ? 1 : 0)
