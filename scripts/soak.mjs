/**
 * Trains for some minutes and prints once a minute what the process holds: memory, file handles, threads.
 *
 *   node scripts/soak.mjs 5
 *   node scripts/soak.mjs --trainers 200      makes and disposes of trainers instead, a line for every 20
 */
import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { builtin, createTrainer, preset } from '../dist/node.js'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { trainers: { type: 'string' } } })

/** Linux tells; elsewhere the numbers are unknown. */
function entries(folder) {
  try {
    return readdirSync(folder).length
  } catch {
    return '?'
  }
}

function report(what) {
  const mebibytes = (process.memoryUsage().rss / 2 ** 20).toFixed(1)
  console.log(
    `${what}: ${mebibytes} MiB, ${entries('/proc/self/fd')} file handles, ${entries('/proc/self/task')} threads`,
  )
}

const data = builtin({ size: 16, train: 512, test: 64 })
const spec = preset('resnet8', { classes: data.classes.length, input: { channels: 3, height: 16, width: 16 } })
const recipe = {
  batchSize: 32,
  epochs: 1_000_000,
  lr: 0.01,
  schedule: 'constant',
  augmentation: { pad: 2, flip: true },
}

if (values.trainers) {
  for (let n = 1; n <= Number(values.trainers); n++) {
    const trainer = await createTrainer(spec, data, recipe)
    for await (const _ of trainer.steps(1));
    await trainer.dispose()
    if (n === 1 || n % 20 === 0) report(`${n} trainers`)
  }
} else {
  const minutes = Number(positionals[0] ?? 5)
  const trainer = await createTrainer(spec, data, recipe)
  const began = performance.now()
  for (let minute = 0; minute < minutes; ) {
    for await (const _ of trainer.steps(trainer.stepsLeftInEpoch));
    await trainer.evaluate()
    if (performance.now() - began < (minute + 1) * 60_000) continue
    minute++
    report(`minute ${minute}, step ${trainer.progress.step}`)
  }
  await trainer.dispose()
}
