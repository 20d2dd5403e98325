/**
 * The kernel lab: each convolution that a network contains, forward and both gradients, computed directly and by
 * Winograd's algorithm side by side, with the difference from the reference engine and the share of the machine's peak.
 * The engine's shape table is decided by what this prints.
 *
 *     node bench/kernels/lab.mjs resnet18 [--of forward,input,weight] [--batch 8] [--size 224] [--engine native] [--threads 2] [--rounds 5]
 *
 * Candidates take turns; times are medians with least and most. `(table)` marks the one that the engine takes in
 * training. The difference is the largest, relative to the largest value, at batch 1. The gradient of a network's own
 * input is left out: nobody wants it. Needs `npm run build`; other work disturbs it.
 */
import { parseArgs } from 'node:util'
import { addonVariants, openAddon } from '../../dist/engine/cpu/addon.node.js'
import { openCpuEngine } from '../../dist/engine/cpu/engine.js'
import { isWinograd } from '../../dist/engine/cpu/lower/conv.js'
import { openWasm } from '../../dist/engine/cpu/wasm.js'
import { nodeHost } from '../../dist/engine/cpu/wasm-host.node.js'
import { openReference } from '../../dist/engine/reference/engine.js'
import { GraphBuilder } from '../../dist/graph/builder.js'
import { f32 } from '../../dist/graph/graph.js'
import { measurePeak, preset, textTable } from '../../dist/internal.node.js'
import { forwardGraph } from '../../dist/model/forward.js'
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from '../../dist/ops/conv2d.js'
import { emit } from '../../dist/ops/op.js'
import { planGraph } from '../../dist/plan/planner.js'
import { Random } from '../../dist/util/random.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    of: { type: 'string', default: 'forward,input,weight' },
    batch: { type: 'string', default: '8' },
    size: { type: 'string' },
    engine: { type: 'string', default: 'native' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
  },
})
const [name = 'resnet18'] = positionals
const [batch, threads, rounds] = [values.batch, values.threads, values.rounds].map(Number)

/** What a convolution of x, weight and dy is part of: its operation, the shapes it takes, its own attributes. */
const kinds = {
  forward: ({ x, weight }) => ({ op: conv2d, inputs: { x, weight }, own: {} }),
  input: ({ x, weight, dy }) => ({ op: conv2dInputGradient, inputs: { dy, weight }, own: { size: x.slice(2) } }),
  weight: ({ x, weight, dy }) => ({ op: conv2dWeightGradient, inputs: { x, dy }, own: { kernel: weight.slice(2) } }),
}
const wanted = values.of.split(',')
for (const kind of wanted)
  if (!Object.hasOwn(kinds, kind))
    throw new Error(`--of: expected some of ${Object.keys(kinds).join(',')}, got ${kind}`)

const variant = values.engine === 'native' ? addonVariants()[0] : values.engine.replace('native-', '')
const open = () =>
  values.engine === 'wasm' ? openWasm({ threads, host: nodeHost() }) : openAddon({ threads, variant })
const engine = openCpuEngine(await open())
const reference = openReference()

/** One operation of its own, computed as `algorithm` says or as the engine chooses. */
function single(kind, shapes, algorithm) {
  const { op, inputs, own } = kinds[kind](shapes)
  const builder = new GraphBuilder()
  const given = Object.entries(inputs).map(([name, shape]) =>
    builder.input(name, name === 'weight' ? 'parameter' : 'data', f32(...shape)),
  )
  const attributes = { ...shapes.attributes, ...own, ...(algorithm && { algorithm }) }
  builder.output('result', emit(builder, op, attributes, given, 'conv')[0])
  return builder.build()
}

const takesWinograd = (...operation) => isWinograd(single(...operation).nodes[0])

function noise(shape, seed, scale) {
  const random = new Random(seed, shape[0])
  return Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => scale * (2 * random.uniform() - 1))
}

async function compile(on, kind, shapes, algorithm) {
  const executable = await on.compile(planGraph(single(kind, shapes, algorithm), on.target))
  const [, i, kh, kw] = shapes.weight
  const scales = { x: 1, weight: Math.sqrt(6 / (i * kh * kw)), dy: 1 }
  for (const [seed, name] of Object.keys(scales).entries())
    if (name in kinds[kind](shapes).inputs) executable.write(name, noise(shapes[name], seed, scales[name]))
  await executable.run()
  return executable
}

async function outputOf(...operation) {
  const executable = await compile(...operation)
  const result = await executable.read('result')
  await executable.dispose()
  return result
}

function difference(got, expected) {
  let [largest, most] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]))
    most = Math.max(most, Math.abs(got[i] - expected[i]))
  }
  return most / largest
}

/** The convolutions of a network by shape, each with how many layers have it, and whether it reads the pictures. */
function convolutions(graph) {
  const found = new Map()
  const pictures = new Set(graph.inputs.map(({ value }) => value))
  for (const { op, inputs, outputs, attributes } of graph.nodes) {
    if (op !== 'conv2d') continue
    const [x, weight, dy] = [...inputs, ...outputs].map(({ type }) => type.shape)
    const key = JSON.stringify([x, weight, attributes])
    const count = (found.get(key)?.count ?? 0) + 1
    found.set(key, { x, weight, dy, attributes, count, first: pictures.has(inputs[0]) })
  }
  return [...found.values()]
}

/** Seconds of each candidate, sorted. */
async function timesOf(executables) {
  const times = executables.map(() => [])
  for (let round = 0; round < rounds; round++)
    for (const [i, executable] of executables.entries()) {
      const start = performance.now()
      await executable.run()
      times[i].push((performance.now() - start) / 1000)
    }
  return times.map((list) => list.toSorted((a, b) => a - b))
}

const spec = preset(name, values.size ? { size: Number(values.size) } : {})
const peak = await measurePeak({ engine: engine.build === 'wasm-simd' ? 'wasm' : engine.build, threads })
const rows = []
for (const shapes of convolutions(forwardGraph(spec, { batch, mode: 'inference' }))) {
  const { x, weight, dy, attributes, count, first } = shapes
  const one = { ...shapes, x: [1, ...x.slice(1)], dy: [1, ...dy.slice(1)] }
  const macs = dy[0] * dy[2] * dy[3] * weight.reduce((a, b) => a * b)
  const groups = attributes.groups > 1 ? `, ${attributes.groups} groups` : ''
  let title = [`${x.join('x')}, ${weight.join('x')} / ${attributes.stride[0]}${groups}`, String(count)]
  for (const kind of wanted) {
    if (kind === 'input' && first) continue
    const candidates = takesWinograd(kind, shapes, 'winograd') ? ['direct', 'winograd'] : ['direct']
    const chosen = takesWinograd(kind, shapes) ? 'winograd' : 'direct'
    const expected = await outputOf(reference, kind, one)
    const errors = []
    const executables = []
    for (const candidate of candidates) {
      errors.push(difference(await outputOf(engine, kind, one, candidate), expected))
      executables.push(await compile(engine, kind, shapes, candidate))
    }
    const times = await timesOf(executables)
    for (const executable of executables) await executable.dispose()
    for (const [i, candidate] of candidates.entries()) {
      const time = times[i][times[i].length >> 1]
      rows.push([
        ...title,
        i === 0 ? kind : '',
        `${candidate}${candidate === chosen ? ' (table)' : ''}`,
        (1000 * time).toFixed(3),
        `${(1000 * times[i][0]).toFixed(3)}–${(1000 * times[i].at(-1)).toFixed(3)}`,
        ((2 * macs) / time / 1e9).toFixed(0),
        `${((100 * macs) / time / peak.multiplyAdds).toFixed(0)} %`,
        errors[i].toExponential(1),
      ])
      title = ['', '']
    }
  }
}
await engine.dispose()
console.log(
  `${name}, batch ${batch}, ${engine.build}, ${threads} threads; peak ${((2 * peak.multiplyAdds) / 1e9).toFixed(0)} GFLOP/s\n`,
)
const head = ['x, weight / stride', 'layers', 'of', 'candidate', 'ms', 'range', 'GFLOP/s', 'of peak', 'difference']
const right = ['right', 'right', 'right', 'right', 'right']
console.log(textTable([head, 'rule', ...rows], ['left', 'right', 'left', 'left', ...right]))
