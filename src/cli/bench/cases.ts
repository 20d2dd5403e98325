/** The measured works, and their peers. */
import { type EngineName, type PresetName, preset } from '../../internal.node.js'
import type { ContestSettings } from './contest.js'
import type { Gauge } from './peaks.js'
import type { PeerName } from './peers.js'

export const suiteNames = ['kernels', 'train', 'infer', 'wasm', 'memory'] as const
export type SuiteName = (typeof suiteNames)[number]

/** The run of a network. */
export interface Case {
  readonly suite: Exclude<SuiteName, 'kernels'>
  readonly mode: 'train' | 'infer'
  readonly net: PresetName
  readonly batch: number
  /** `wasm`: on WebAssembly, independently of the engine of the others. */
  readonly engine?: 'wasm'
  /** 1: on one thread, independently of the threads of the others. */
  readonly threads?: 1
  readonly peers: readonly PeerName[]
}

/** A network whose kernels are timed. It has as few blocks as show every shape. */
export interface KernelCase {
  readonly net: PresetName
  /** The depth of a smaller net of the same family, if the preset has more blocks than its shapes need. */
  readonly depth?: number
  readonly mode: 'train' | 'infer'
  readonly batch: number
}

/** The settings of a case. */
export interface CaseSettings extends ContestSettings {
  readonly engine: EngineName
  readonly threads: number
  gauge(engine: EngineName, threads: number): Gauge
}

/** `infer resnet18 224x224, batch 8` */
export function caseName({ mode, net, batch }: Pick<Case, 'mode' | 'net' | 'batch'>): string {
  const { height, width } = preset(net).input
  return `${mode} ${net} ${height}x${width}, batch ${batch}`
}

const cases: readonly Case[] = [
  ...(['resnet20', 'resnet56', 'resnet110', 'preresnet164'] as const).map(
    (net): Case => ({ suite: 'train', mode: 'train', net, batch: 128, peers: ['PyTorch'] }),
  ),
  { suite: 'train', mode: 'train', net: 'resnet18', batch: 16, peers: ['PyTorch'] },
  ...(['resnet18', 'resnet50'] as const).flatMap((net) =>
    [1, 8].map((batch): Case => ({ suite: 'infer', mode: 'infer', net, batch, peers: ['ONNX Runtime', 'PyTorch'] })),
  ),
  {
    suite: 'wasm',
    mode: 'infer',
    net: 'resnet20',
    batch: 16,
    engine: 'wasm',
    threads: 1,
    peers: ['TensorFlow.js WASM', 'jax-js'],
  },
  { suite: 'wasm', mode: 'train', net: 'resnet20', batch: 128, engine: 'wasm', peers: ['PyTorch'] },
  { suite: 'memory', mode: 'train', net: 'resnet110', batch: 128, peers: ['PyTorch'] },
]

const kernelCases: readonly KernelCase[] = [
  { net: 'resnet20', mode: 'train', batch: 128 },
  { net: 'preresnet164', depth: 20, mode: 'train', batch: 128 },
  { net: 'resnet18', mode: 'train', batch: 16 },
  { net: 'resnet18', mode: 'infer', batch: 1 },
  { net: 'resnet50', mode: 'infer', batch: 1 },
  { net: 'resnet50', mode: 'infer', batch: 8 },
]

/** Small nets, which test the bench. Their figures are not to be quoted. */
const quickCases: readonly Case[] = cases
  .filter((one, i) => cases.findIndex(({ suite, mode }) => suite === one.suite && mode === one.mode) === i)
  .map((one) => ({ ...one, net: 'resnet8', batch: Math.min(one.batch, 8) }))

const quickKernelCases: readonly KernelCase[] = [{ net: 'resnet8', mode: 'infer', batch: 2 }]

/** The requested suites, the choice of small nets, and the only network if one is named. */
export interface Choice {
  readonly suites: readonly SuiteName[]
  readonly quick: boolean
  readonly only?: string | undefined
}

export function casesOf({ suites, quick, only }: Choice): readonly Case[] {
  return (quick ? quickCases : cases).filter(
    ({ suite, net }) => suites.includes(suite) && (only === undefined || net === only),
  )
}

export function kernelCasesOf({ suites, quick, only }: Choice): readonly KernelCase[] {
  if (!suites.includes('kernels')) return []
  return (quick ? quickKernelCases : kernelCases).filter(({ net }) => only === undefined || net === only)
}
