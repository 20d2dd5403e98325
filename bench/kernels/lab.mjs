/**
 * The kernel lab: each convolution that a network contains, computed directly and by Winograd's algorithm side by side,
 * with the difference from the reference engine and the share of the machine's peak. The engine's shape table is
 * decided by what this prints.
 *
 *     node bench/kernels/lab.mjs resnet18 [--batch 8] [--size 224] [--engine native] [--threads 2] [--rounds 5]
 *
 * Candidates take turns; times are medians with least and most. `table` marks the one that the engine would take. The
 * difference is the largest, relative to the largest value, at batch 1. Needs `npm run build`; other work disturbs it.
 */
import { parseArgs } from 'node:util'
import { addonVariants, openAddon } from '../../dist/engine/cpu/addon.node.js'
import { openCpuEngine } from '../../dist/engine/cpu/engine.js'
import { openWasm } from '../../dist/engine/cpu/wasm.js'
import { nodeHost } from '../../dist/engine/cpu/wasm-host.node.js'
import { openReference } from '../../dist/engine/reference/engine.js'
import { GraphBuilder } from '../../dist/graph/builder.js'
import { f32 } from '../../dist/graph/graph.js'
import { forwardGraph } from '../../dist/model/forward.js'
import { measurePeak, preset, textTable } from '../../dist/node.js'
import { conv2d } from '../../dist/ops/conv2d.js'
import { emit } from '../../dist/ops/op.js'
import { transformWeights } from '../../dist/plan/passes/winograd.js'
import { planGraph } from '../../dist/plan/planner.js'
import { Random } from '../../dist/util/random.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    batch: { type: 'string', default: '8' },
    size: { type: 'string' },
    engine: { type: 'string', default: 'native' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
  },
})
const [name = 'resnet18'] = positionals
const [batch, threads, rounds] = [values.batch, values.threads, values.rounds].map(Number)
const variant = values.engine === 'native' ? addonVariants()[0] : values.engine.replace('native-', '')
const open = () =>
  values.engine === 'wasm' ? openWasm({ threads, host: nodeHost() }) : openAddon({ threads, variant })
const engine = openCpuEngine(await open())
const reference = openReference()

/** One convolution of its own. */
function single(x, weight, attributes) {
  const builder = new GraphBuilder()
  const inputs = [builder.input('x', 'data', f32(...x)), builder.input('weight', 'parameter', f32(...weight))]
  builder.output('y', emit(builder, conv2d, attributes, inputs, 'conv')[0])
  return builder.build()
}

const targets = {
  table: engine.target,
  direct: { ...engine.target, lower: (graph) => graph },
  winograd: { ...engine.target, lower: (graph) => transformWeights(graph, () => true) },
}
const takesWinograd = (plan) => plan.graph.nodes.some(({ op }) => op === 'winogradWeight')

function noise(shape, scale) {
  const random = new Random(shape.length, shape[0])
  return Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => scale * (2 * random.uniform() - 1))
}

async function compile(on, target, x, weight, attributes) {
  const executable = await on.compile(planGraph(single(x, weight, attributes), target))
  executable.write('x', noise(x, 1))
  executable.write('weight', noise(weight, Math.sqrt(6 / (weight[1] * weight[2] * weight[3]))))
  await executable.run()
  return executable
}

async function outputOf(on, target, ...convolution) {
  const executable = await compile(on, target, ...convolution)
  const y = await executable.read('y')
  await executable.dispose()
  return y
}

function difference(got, expected) {
  let [largest, most] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]))
    most = Math.max(most, Math.abs(got[i] - expected[i]))
  }
  return most / largest
}

const spec = preset(name, values.size ? { size: Number(values.size) } : {})
const found = new Map()
for (const { op, inputs, attributes } of forwardGraph(spec, { batch, mode: 'inference' }).nodes) {
  if (op !== 'conv2d') continue
  const shapes = inputs.map(({ type }) => type.shape)
  const key = JSON.stringify([shapes, attributes])
  found.set(key, { x: shapes[0], weight: shapes[1], attributes, count: (found.get(key)?.count ?? 0) + 1 })
}

const peak = await measurePeak({ engine: engine.build === 'wasm-simd' ? 'wasm' : engine.build, threads })
const rows = []
for (const { x, weight, attributes, count } of found.values()) {
  const one = [1, ...x.slice(1)]
  const expected = await outputOf(reference, reference.target, one, weight, attributes)
  const [, , kh, kw] = weight
  const whole = kh === 3 && kw === 3 && attributes.stride[0] === 1 && weight[1] >= 16 && (attributes.groups ?? 1) === 1
  const names = whole ? ['direct', 'winograd'] : ['direct']
  const chosen = takesWinograd(planGraph(single(x, weight, attributes), engine.target)) ? 'winograd' : 'direct'
  const errors = []
  const executables = []
  for (const candidate of names) {
    errors.push(difference(await outputOf(engine, targets[candidate], one, weight, attributes), expected))
    executables.push(await compile(engine, targets[candidate], x, weight, attributes))
  }
  const times = names.map(() => [])
  for (let round = 0; round < rounds; round++)
    for (const [i, executable] of executables.entries()) {
      const start = performance.now()
      await executable.run()
      times[i].push((performance.now() - start) / 1000)
    }
  for (const executable of executables) await executable.dispose()
  const [, , h, w] = executables[0].plan.graph.outputs[0].value.type.shape
  const macs = x[0] * h * w * weight.reduce((a, b) => a * b)
  names.forEach((candidate, i) => {
    const sorted = times[i].toSorted((a, b) => a - b)
    const time = sorted[sorted.length >> 1]
    rows.push([
      i === 0 ? `${x.join('x')}, ${weight.join('x')} / ${attributes.stride[0]}` : '',
      i === 0 ? String(count) : '',
      `${candidate}${candidate === chosen ? ' (table)' : ''}`,
      (1000 * time).toFixed(3),
      `${(1000 * sorted[0]).toFixed(3)}–${(1000 * sorted.at(-1)).toFixed(3)}`,
      ((2 * macs) / time / 1e9).toFixed(0),
      `${((100 * macs) / time / peak.multiplyAdds).toFixed(0)} %`,
      errors[i].toExponential(1),
    ])
  })
}
await engine.dispose()
console.log(
  `${name}, batch ${batch}, ${engine.build}, ${threads} threads; peak ${((2 * peak.multiplyAdds) / 1e9).toFixed(0)} GFLOP/s\n`,
)
const head = ['x, weight / stride', 'layers', 'candidate', 'ms', 'range', 'GFLOP/s', 'of peak', 'difference']
console.log(textTable([head, 'rule', ...rows], ['left', 'right', 'left', 'right', 'right', 'right', 'right', 'right']))
