/**
 * Training speed beside PyTorch, in turns on the same machine and the same number of threads:
 *
 *     node bench/train-speed.mjs [--arch resnet20] [--engine auto] [--threads 2] [--batch 128] [--steps 8] [--rounds 5]
 *
 * Prints images per second, medians with least and most, and their ratio. Ours includes drawing and augmenting the
 * batches; PyTorch steps on one synthetic batch. Needs `npm run build`, and /usr/bin/python3 with torch (Debian:
 * apt-get install python3-torch), else it measures ours alone and says so. Other work on the machine disturbs both.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { builtin, createTrainer, preset } from '../dist/node.js'

const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: 'resnet20' },
    engine: { type: 'string', default: 'auto' },
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '128' },
    steps: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '5' },
  },
})
const [threads, batchSize, steps, rounds] = [values.threads, values.batch, values.steps, values.rounds].map(Number)
const depth = Number(/^resnet(\d+)$/.exec(values.arch)?.[1])
if (!((depth - 2) % 6 === 0)) throw new Error(`--arch: expected a CIFAR ResNet such as resnet20, got ${values.arch}`)

/** PyTorch in a process of its own, which runs a round for each line it is sent. */
async function openPeer() {
  const script = fileURLToPath(new URL('peers/train_speed.py', import.meta.url))
  const args = ['--depth', depth, '--batch', batchSize, '--steps', steps, '--threads', threads].map(String)
  const child = spawn('/usr/bin/python3', [script, ...args], { stdio: ['pipe', 'pipe', 'ignore'] })
  const failed = once(child, 'error').then(() => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = await Promise.race([lines.next(), failed])
  if (first?.value !== 'ready') return undefined
  return {
    async round() {
      child.stdin.write('\n')
      return Number((await lines.next()).value)
    },
    end: () => child.kill(),
  }
}

const data = builtin({ size: 32 })
const recipe = { steps: steps * (rounds + 2), batchSize, lr: 0.01, schedule: 'constant' }
const trainer = await createTrainer(preset(values.arch), data, recipe, { engine: values.engine, threads })
async function round() {
  const start = performance.now()
  for await (const _ of trainer.steps(steps));
  return (1000 * steps * batchSize) / (performance.now() - start)
}

const peer = await openPeer()
await round() // first touch of the arena
const ours = []
const theirs = []
for (let i = 0; i < rounds; i++) {
  ours.push(await round())
  if (peer) theirs.push(await peer.round())
}
peer?.end()
await trainer.dispose()

const sorted = (list) => list.toSorted((a, b) => a - b)
const median = (list) => sorted(list)[list.length >> 1]
const line = (list) =>
  `${median(list).toFixed(0)} images/s (${sorted(list)[0].toFixed(0)} to ${sorted(list).at(-1).toFixed(0)})`
console.log(`${values.arch}, batch ${batchSize}, ${threads} threads, ${rounds} rounds of ${steps} steps`)
console.log(`${trainer.engine.build.padEnd(15)} ${line(ours)}`)
if (peer) {
  console.log(`${'PyTorch'.padEnd(15)} ${line(theirs)}`)
  const ratios = ours.map((rate, i) => rate / theirs[i])
  console.log(
    `ratio           ${median(ratios).toFixed(2)} (${sorted(ratios)[0].toFixed(2)} to ${sorted(ratios).at(-1).toFixed(2)})`,
  )
} else console.log('PyTorch         not found: apt-get install python3-torch, for /usr/bin/python3')
