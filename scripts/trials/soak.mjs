/**
 * Trains for some minutes and prints once a minute what the process holds: memory, file handles, threads. In the end:
 * how far the memory has moved since the first fifth, which warms up.
 *
 *   node scripts/trials/soak.mjs 30 --engine native --threads 1
 *   node scripts/trials/soak.mjs --trainers 200      makes and disposes of trainers instead, a line for every 20
 */
import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { builtin, createTrainer, preset } from '../../dist/internal.node.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { trainers: { type: 'string' }, engine: { type: 'string', default: 'auto' }, threads: { type: 'string' } },
})
const compute = { engine: values.engine, threads: values.threads && Number(values.threads) }

/** Linux tells; elsewhere the numbers are unknown. */
function entries(folder) {
  try {
    return readdirSync(folder).length
  } catch {
    return '?'
  }
}

const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(1)

/** Prints what the process holds; returns its memory in bytes. */
function report(what) {
  const { rss, heapTotal, external, arrayBuffers } = process.memoryUsage()
  console.log(
    `${what}: ${mebibytes(rss)} MiB (JavaScript ${mebibytes(heapTotal)}, external ${mebibytes(external)}, ` +
      `buffers ${mebibytes(arrayBuffers)}), ${entries('/proc/self/fd')} file handles, ` +
      `${entries('/proc/self/task')} threads`,
  )
  return rss
}

/**
 * Where the memory began, ended, and how far it went between, without the first fifth. Garbage comes and goes, so it is
 * the means of the first and the last third of the rest that tell a leak.
 */
function summarise(samples) {
  const settled = samples.slice(Math.ceil(samples.length / 5))
  const [first, last, least, most] = [settled[0], settled.at(-1), Math.min(...settled), Math.max(...settled)]
  const third = Math.ceil(settled.length / 3)
  const mean = (list) => list.reduce((sum, bytes) => sum + bytes, 0) / list.length
  const trend = mean(settled.slice(-third)) / mean(settled.slice(0, third))
  console.log(
    `after warm-up: first ${mebibytes(first)}, last ${mebibytes(last)}, least ${mebibytes(least)}, most ` +
      `${mebibytes(most)} MiB; last / first ${(last / first).toFixed(4)}, most / least ${(most / least).toFixed(4)}, ` +
      `last third / first third ${trend.toFixed(4)}`,
  )
}

const data = builtin({ size: 32, train: 1024, test: 64 })
const input = { channels: 3, height: 32, width: 32 }
const recipe = { epochs: 1_000_000, lr: 0.01, schedule: 'constant', augmentation: { pad: 2, flip: true } }

const samples = []
if (values.trainers) {
  const spec = preset('resnet8', { classes: data.classes.length, input })
  for (let n = 1; n <= Number(values.trainers); n++) {
    const trainer = await createTrainer(spec, data, { ...recipe, batchSize: 32 }, compute)
    for await (const _ of trainer.steps(1));
    await trainer.dispose()
    if (n === 1 || n % 20 === 0) samples.push(report(`${n} trainers`))
  }
} else {
  const minutes = Number(positionals[0] ?? 5)
  const spec = preset('resnet20', { classes: data.classes.length, input })
  const trainer = await createTrainer(spec, data, { ...recipe, batchSize: 128 }, compute)
  const began = performance.now()
  for (let minute = 0; minute < minutes; ) {
    for await (const _ of trainer.steps(trainer.stepsLeftInEpoch));
    await trainer.evaluate()
    await trainer.checkpoint()
    if (performance.now() - began < (minute + 1) * 60_000) continue
    minute++
    samples.push(report(`minute ${minute}, step ${trainer.progress.step}`))
  }
  await trainer.dispose()
}
summarise(samples)
