/** This library's side of a bench: it runs a network on synthetic pictures through the public API. */
import {
  classifierOf,
  createTrainer,
  type Dataset,
  load,
  type NetworkSpec,
  type OpenOptions,
  type Trainer,
} from '../../internal.node.js'
import type { Contestant } from './contest.js'

/** Pictures of noise. The time of a run does not depend on the pictures. */
export function syntheticData(spec: NetworkSpec, count: number): Dataset {
  const { channels, height, width } = spec.input
  const { classes } = classifierOf(spec)
  const size = channels * height * width
  let state = 1
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  }
  const pictures = (many: number) => ({
    count: many,
    channels,
    height,
    width,
    pixels: Uint8Array.from({ length: many * size }, noise),
    labels: Uint16Array.from({ length: many }, (_, i) => i % classes),
  })
  const channelwise = (value: number) => Array.from({ length: channels }, () => value)
  return {
    name: 'synthetic',
    classes: Array.from({ length: classes }, (_, i) => String(i)),
    train: pictures(count),
    test: pictures(1),
    normalisation: { mean: channelwise(0.5), std: channelwise(0.3) },
  }
}

/** A trainer with more steps than any bench takes. */
export function openTrainer(spec: NetworkSpec, batchSize: number, options: OpenOptions): Promise<Trainer> {
  const recipe = { steps: 1_000_000, batchSize, lr: 0.01, schedule: 'constant' } as const
  return createTrainer(spec, syntheticData(spec, batchSize), recipe, options)
}

/** Training steps. */
export async function openTraining(spec: NetworkSpec, batch: number, options: OpenOptions): Promise<Contestant> {
  const trainer = await openTrainer(spec, batch, options)
  return {
    name: 'resnet.ts',
    version: trainer.engine.build,
    pid: process.pid,
    run: (count) =>
      timed(async () => {
        for await (const _ of trainer.steps(count));
      }),
    close: () => trainer.dispose(),
  }
}

/** Forward passes with fresh weights. */
export async function openInference(spec: NetworkSpec, batch: number, options: OpenOptions): Promise<Contestant> {
  const trainer = await openTrainer(spec, 1, options)
  const checkpoint = await trainer.checkpoint()
  await trainer.dispose()
  const network = await load(checkpoint, options)
  const { build } = await network.ready()
  const { channels, height, width } = spec.input
  const pictures = Float32Array.from({ length: batch * channels * height * width }, (_, i) => (i % 17) / 8 - 1)
  return {
    name: 'resnet.ts',
    version: build,
    pid: process.pid,
    run: (count) =>
      timed(async () => {
        for (let i = 0; i < count; i++) await network.logits(pictures)
      }),
    close: () => network.dispose(),
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
