/**
 * Hostile specs: what a file may ask for, made of legal specs of every family by changes of all kinds; and the way of each
 * through the library, which ends in an error that speaks, or in a forward pass.
 */
import type { Engine } from '../../src/engine/engine.js'
import type { Graph } from '../../src/graph/graph.js'
import { forwardGraph } from '../../src/model/forward.js'
import { headOf } from '../../src/model/heads/index.js'
import { opOf } from '../../src/ops/index.js'
import { planGraph } from '../../src/plan/planner.js'
import { cifarBasic, cifarBottleneck, imagenetBottleneck } from '../../src/spec/families.js'
import { fullyConnected } from '../../src/spec/other-families.js'
import { plainTwin } from '../../src/spec/plain-twin.js'
import { gateKinds, type NetworkSpec, orders, shortcuts } from '../../src/spec/spec.js'
import { edsr, vdsr } from '../../src/spec/upscaling.js'
import { validateSpec } from '../../src/spec/validate.js'
import { ResnetError } from '../../src/util/errors.js'
import type { Random } from '../../src/util/random.js'
import { elements } from '../../src/util/shape.js'

const pick = <T>(random: Random, choices: readonly T[]): T => choices[random.below(choices.length)]!

/** Small nets of each family: a change makes them large enough. */
const legal: readonly ((random: Random) => NetworkSpec)[] = [
  (random) =>
    cifarBasic({
      depth: 8,
      widths: [4, 8, 17],
      order: pick(random, orders),
      shortcut: 'project-on-change',
      input: small,
    }),
  (random) =>
    cifarBasic({
      depth: 8,
      widths: [4, 4, 8],
      shortcut: 'pad',
      input: small,
      gate: { kind: pick(random, gateKinds), bias: -6 },
    }),
  (random) => cifarBottleneck({ depth: 11, widths: [4, 4, 4], order: pick(random, ['post', 'pre']), input: small }),
  () => plainTwin(cifarBasic({ depth: 8, widths: [16, 32, 64], input: small })),
  () => ({
    ...imagenetBottleneck({
      depth: 50,
      groups: 4,
      widthPerGroup: 4,
      classes: 5,
      input: { ...small, height: 33, width: 40 },
    }),
    name: 'grouped',
  }),
  (random) => fullyConnected({ depth: 6, inputs: pick(random, [7, small]), widths: [20], classes: 3 }),
  () => vdsr({ depth: 4, width: 16, input: { channels: 1, height: 12, width: 11 } }),
  (random) =>
    edsr({ blocks: 2, width: 8, scale: pick(random, [2, 3, 4]), input: { channels: 1, height: 8, width: 9 } }),
  (random) => ({
    ...cifarBasic({ depth: 8, widths: [4, 8, 8], input: small, shortcut: pick(random, shortcuts) }),
    stem: [
      { kind: 'conv', width: 4, kernel: 7, stride: 2, padding: 3 },
      { kind: 'norm' },
      { kind: 'relu' },
      { kind: pick(random, ['maxPool', 'averagePool']), kernel: 3, stride: 2, padding: 1 },
    ],
  }),
]
const small = { channels: 3, height: 16, width: 16 }

function hostileNumber(random: Random): number {
  switch (random.below(16)) {
    case 0:
      return pick(random, [
        0,
        -0,
        -1,
        0.5,
        1.5,
        -2.5,
        1e-300,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
      ])
    case 1:
      return 2 ** (4 + random.below(60)) + pick(random, [-17, -16, -1, 0, 1, 15, 16])
    case 2:
      return pick(random, [1e308, -1e308, 1e21, 2 ** 53, 2 ** 53 - 1, 2 ** 31, 2 ** 32 - 1, 1e9 + 7])
    case 3:
    case 4:
      return 10 + random.below(300)
    default:
      return 1 + random.below(9)
  }
}

/** Lists within lists within objects. */
function nested(depth: number): unknown {
  let value: unknown = 1
  for (let k = 0; k < depth; k++) value = k % 2 === 0 ? [value] : { kind: value }
  return value
}

function hostileValue(random: Random, before: unknown): unknown {
  if (typeof before === 'number' && random.below(8) > 0) return hostileNumber(random)
  switch (random.below(9)) {
    case 0:
      return hostileNumber(random)
    case 1:
      return pick(random, [
        '',
        '__proto__',
        'constructor',
        '\u001b[31m',
        'x'.repeat(1 << random.below(20)),
        '3',
        'conv',
      ])
    case 2:
      return pick(random, [null, true, false, undefined, 10n, {}, [], Symbol.iterator, () => 1])
    case 3:
      return nested(1 << random.below(18))
    case 4:
      return pick(random, [
        ...orders,
        ...shortcuts,
        ...gateKinds,
        'maxPool',
        'averagePool',
        'norm',
        'relu',
        'picture',
        'input',
        'stem',
      ])
    case 5: {
      const part = Array.isArray(before) && before.length > 0 ? pick(random, before) : before
      return new Array(pick(random, [2, 3, 30, 20_000, 200_000, 500_000])).fill(part)
    }
    case 6:
      return {
        kind: 'conv',
        width: 8,
        kernel: hostileNumber(random),
        dilation: hostileNumber(random),
        padding: hostileNumber(random),
      }
    case 7:
      return typeof before === 'boolean' ? !before : before
    default:
      return undefined
  }
}

type Place = { readonly holder: Record<string, unknown>; readonly key: string }

function places(value: unknown, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return found
  for (const [key, part] of Object.entries(value)) {
    found.push({ holder: value as Record<string, unknown>, key })
    places(part, found)
  }
  return found
}

/** Fields that ask for room, and which a spec may leave out. */
const more = [
  'padding',
  'dilation',
  'groups',
  'bias',
  'stride',
  'branchScale',
  'shortcutScale',
  'shortcutDropout',
  'gate',
  'norm',
  'relu',
  '__proto__',
  'x',
]

/** A legal spec of some family with one change or several, of which some leave it legal. */
export function hostileSpec(random: Random): unknown {
  if (random.below(50) === 0) return hostileValue(random, {})
  const spec = JSON.parse(JSON.stringify(pick(random, legal)(random))) as Record<string, unknown>
  const all = places(spec)
  const numbers = all.filter(({ holder, key }) => typeof holder[key] === 'number')
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const { holder, key } = pick(random, random.below(3) > 0 ? numbers : all)
    const action = random.below(10)
    if (action === 0) delete holder[key]
    else if (action < 4 && !Array.isArray(holder))
      Object.defineProperty(holder, pick(random, more), {
        value: random.below(4) > 0 ? hostileNumber(random) : hostileValue(random, {}),
        ...{ enumerable: true, configurable: true, writable: true },
      })
    else holder[key] = hostileValue(random, holder[key])
  }
  return spec
}

/** How a spec ended: refused in words, asking for more than is tried here, or at work. */
export type Ending = 'refused' | 'large' | 'worked'

export interface Limits {
  /** Bytes of a plan, and multiply-adds, from which on a spec is legal but too large to be tried. */
  readonly bytes: number
  readonly macs: number
}

/**
 * Takes a spec all the way: checks it, builds the graph, plans and runs it on each engine.
 * @throws what is no error of ours, or where the result is not as long as it should be
 */
export async function ending(spec: unknown, engines: readonly Engine[], limits: Limits): Promise<Ending> {
  try {
    return await taken(validateSpec(spec), engines, limits)
  } catch (error) {
    if (!(error instanceof ResnetError)) throw error
    if (error.message.includes('\n') || error.message.length > 1000)
      throw new Error(`a message of ${error.message.length} characters: ${error.message.slice(0, 200)}`)
    return 'refused'
  }
}

async function taken(spec: NetworkSpec, engines: readonly Engine[], limits: Limits): Promise<Ending> {
  const graph = forwardGraph(spec, { batch: 1, mode: 'inference' })
  let tried = false
  for (const engine of engines) {
    const plan = planGraph(graph, engine.target)
    if (plan.bytes > limits.bytes || macsOf(graph) > limits.macs) continue
    tried = true
    const executable = await engine.compile(plan)
    try {
      for (const { name, value } of graph.inputs)
        executable.write(name, new Float32Array(elements(value.type.shape)).fill(0.01))
      await executable.run()
      const output = graph.outputs.find(({ name }) => name === headOf(spec.head).outputs[0])!
      const result = await executable.read(output.name)
      if (result.length !== elements(output.value.type.shape)) throw new Error(`${result.length} results`)
    } finally {
      await executable.dispose()
    }
  }
  return tried ? 'worked' : 'large'
}

function macsOf(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => {
    const [inputs, outputs] = [node.inputs, node.outputs].map((values) => values.map(({ type }) => type))
    return sum + opOf(node).cost(inputs!, outputs!, node.attributes).macs
  }, 0)
}
