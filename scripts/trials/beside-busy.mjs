/**
 * Measures how much slower a training step becomes on a machine that others use too: idle, beside one and beside two
 * processes that never rest.
 *
 *   node scripts/trials/beside-busy.mjs --threads 2
 *
 * Each round measures all three, so that a machine which changes its pace meanwhile does not matter; rounds in which the
 * host took more than 3 % of the processors away (Linux tells) are thrown away and repeated. Ends with 1 if beside two
 * busy processes the median step takes more than 3 times as long as the median idle one.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { builtin, createTrainer, preset } from '../../dist/internal.node.js'

const { values } = parseArgs({
  options: {
    engines: { type: 'string', default: 'native,wasm' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '12' },
  },
})
const MOST = 3
const MOST_STOLEN = 0.03

const data = builtin({ size: 32, train: 512, test: 64 })
const spec = preset('resnet20', { classes: data.classes.length, input: { channels: 3, height: 32, width: 32 } })

/** Processes that count for ever. */
async function beside(count, work) {
  const busy = Array.from({ length: count }, () => spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }))
  try {
    if (count > 0) await new Promise((resolve) => setTimeout(resolve, 100))
    await work()
  } finally {
    for (const child of busy) child.kill('SIGKILL')
  }
}

/** Time that processors have had, and that the host of a virtual machine has taken from them. */
function processorTime() {
  try {
    const fields = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))[1].split(' ').map(Number)
    return { all: fields.reduce((sum, field) => sum + field, 0), stolen: fields[7] }
  } catch {
    return { all: Number.NaN, stolen: 0 }
  }
}

const sorted = (times) => [...times].sort((a, b) => a - b)
const median = (times) => sorted(times)[times.length >> 1]
const text = (times) => {
  const all = sorted(times)
  return `${median(all).toFixed(1)} ms (${all[0].toFixed(1)} to ${all.at(-1).toFixed(1)})`
}

let failed = false
for (const engine of values.engines.split(',')) {
  const trainer = await createTrainer(
    spec,
    data,
    { batchSize: 64, epochs: 1_000_000, lr: 0.01, schedule: 'constant' },
    { engine, threads: Number(values.threads) },
  )
  for await (const _ of trainer.steps(4)); // warm-up
  const times = [[], [], []]
  let thrownAway = 0
  for (let clean = 0; clean < Number(values.rounds); ) {
    const round = [[], [], []]
    const before = processorTime()
    for (const count of [0, 1, 2])
      await beside(count, async () => {
        for (let step = 0; step < Number(values.steps); step++) {
          const began = performance.now()
          for await (const _ of trainer.steps(1));
          round[count].push(performance.now() - began)
        }
      })
    const after = processorTime()
    if ((after.stolen - before.stolen) / (after.all - before.all) > MOST_STOLEN) {
      if (++thrownAway > 4 * Number(values.rounds))
        throw new Error('no quiet rounds: the host is busy; try again later')
      continue
    }
    clean++
    round.forEach((list, count) => {
      times[count].push(...list)
    })
  }
  await trainer.dispose()
  const ratio = median(times[2]) / median(times[0])
  failed ||= ratio > MOST
  console.log(
    `${trainer.engine.build}, ${values.threads} threads: idle ${text(times[0])}; beside one ${text(times[1])}, ` +
      `${(median(times[1]) / median(times[0])).toFixed(2)}x; beside two ${text(times[2])}, ${ratio.toFixed(2)}x; ` +
      `${thrownAway} rounds thrown away`,
  )
}
process.exit(failed ? 1 : 0)
