/** The kernels suite: each kernel at each shape of some networks, beside PyTorch's convolutions of the same shapes. */
import { cifarBottleneck, type NetworkSpec, type PlanPart, type Profile, preset, profile } from '../../internal.node.js'
import { boundOf } from './bounds.js'
import { type CaseSettings, caseName, type KernelCase } from './cases.js'
import { type Contestant, contest, isNoisy } from './contest.js'
import { type MissingPeer, openPeer, type Peer } from './peers.js'
import { type BenchResult, beside, without } from './result.js'
import { mapSpread, type Spread, spreadOf } from './statistics.js'

function specOf({ net, depth }: KernelCase): NetworkSpec {
  return depth === undefined ? preset(net) : cifarBottleneck({ depth, order: net.startsWith('pre') ? 'pre' : 'post' })
}

/** A convolution or one of its gradients in PyTorch's terms: sizes of x and weight, stride, padding. */
interface Convolution {
  readonly kind: 'forward' | 'inputGradient' | 'weightGradient'
  readonly x: readonly number[]
  readonly weight: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly number[]
}

/** The convolution of a part; undefined if the part is another operation or several operations. */
export function convolutionOf({ op, attributes, inputs, outputs }: PlanPart): Convolution | undefined {
  const { stride, padding, groups = 1, winograd = false } = attributes
  if (!stride || groups !== 1) return undefined
  const sizes = { stride: stride as number[], padding: padding as number[] }
  switch (op) {
    case 'conv2d': {
      const weight = winograd ? [...inputs[1]!.slice(0, 2), 3, 3] : inputs[1]! // that of Winograd's algorithm is 6x6
      return { kind: 'forward', x: inputs[0]!, weight, ...sizes }
    }
    case 'conv2dInputGradient':
      return { kind: 'inputGradient', x: outputs[0]!, weight: inputs[1]!, ...sizes }
    case 'conv2dWeightGradient':
      return { kind: 'weightGradient', x: inputs[0]!, weight: outputs[0]!, ...sizes }
    default:
      return undefined
  }
}

export async function runKernelCase(one: KernelCase, settings: CaseSettings): Promise<readonly BenchResult[]> {
  const { engine, threads, signal } = settings
  const options = {
    ...{ engine, threads, signal, batch: one.batch },
    mode: one.mode === 'train' ? ('training' as const) : ('inference' as const),
  }
  const measure = () => profile(specOf(one), { ...options, rounds: 3 })
  const first = await measure()
  const convolutions = first.parts.map(convolutionOf)
  const wanted = convolutions.filter((convolution) => convolution !== undefined)
  const peer = await openPeer('PyTorch', 'torch_kernels.py', [JSON.stringify(wanted), '--threads', String(threads)])
  try {
    const profiles: Profile[] = []
    const answers: (readonly number[])[] = []
    const gauge = settings.gauge(engine, threads)
    const found = await contest(caseName(one), [...contestantsOf(measure, profiles, answers, peer), gauge], {
      ...settings,
      turn: 0, // a turn is a pass over all kernels
    })
    const peak = await gauge.best()
    const common = {
      ...{ suite: 'kernels' as const, engine: first.build, threads: first.threads },
      ...{ rounds: found.seconds[0]!.length, discarded: found.discarded, noisy: isNoisy(found) },
    }
    return first.parts.map((part, i) => {
      const seconds = spreadOf(kept(profiles, found.kept).map(({ parts }) => spreadOf(parts[i]!.seconds).median))
      const { work, unit } =
        part.macs > 0 ? { work: 2 * part.macs, unit: 'GFLOP/s' } : { work: part.bytes, unit: 'GB/s' }
      const rate = (time: Spread, amount: number) => mapSpread(time, (t) => amount / t / 1e9)
      const own = rate(seconds, work)
      const bound = boundOf(part, peak)
      const row = {
        ...{ ...common, name: `${caseName(one)}: ${part.title} ${part.shapes}` },
        ...{ value: own.median, min: own.min, max: own.max, unit },
        ...{ share: bound.seconds / seconds.median, bound: bound.by },
      }
      const at = wanted.indexOf(convolutions[i]!)
      if (at < 0) return { ...row, peer: null, peerValue: null, ratio: null }
      if ('missing' in peer) return { ...row, ...without(peer) }
      const theirs = spreadOf(kept(answers, found.kept).map((each) => each[at]!))
      const value = rate(theirs, work / part.paths.length)
      return { ...row, ...beside(own, { name: peer.name, version: peer.version, value }) }
    })
  } finally {
    if ('close' in peer) await peer.close()
  }
}

/** The first note comes from the trial run before the rounds. */
function kept<T>(noted: readonly T[], rounds: readonly number[]): T[] {
  return rounds.map((round) => noted[round + 1]!)
}

/** The contestants, this library and PyTorch if it is installed, which note the times of each pass. */
function contestantsOf(
  measure: () => Promise<Profile>,
  profiles: Profile[],
  answers: (readonly number[])[],
  peer: Peer | MissingPeer,
): Contestant[] {
  const ours: Contestant = {
    ...{ name: 'resnet.ts', version: '', pid: process.pid },
    run: async () => {
      profiles.push(await measure())
      return 1
    },
    close: async () => {},
  }
  if ('missing' in peer) return [ours]
  const theirs: Contestant = {
    ...peer,
    run: async () => {
      answers.push((await peer.ask('1')).each!)
      return 1
    },
  }
  return [ours, theirs]
}
