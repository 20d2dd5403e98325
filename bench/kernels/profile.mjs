/**
 * Where the time of a network goes, part by part: nodes of the plan that are alike, how many there are, their kernels,
 * milliseconds (median, least and most), rates, and the share of what this machine can do at best.
 *
 *     node bench/kernels/profile.mjs resnet56 [--mode train|infer] [--batch 128] [--size 224] [--engine native]
 *         [--threads 2] [--rounds 5] [--top 20]
 *
 * The bound of a part is the longer of the time its multiply-adds (counted as direct convolution) take at the measured
 * peak and the time its bytes take at the measured bandwidth of main memory. More than 100 % is possible: Winograd needs
 * fewer products, and what was just written comes from cache. Needs `npm run build`; other work disturbs it.
 */
import { parseArgs } from 'node:util'
import { measurePeak, preset, profile, textTable } from '../../dist/internal.node.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mode: { type: 'string', default: 'train' },
    batch: { type: 'string' },
    size: { type: 'string' },
    engine: { type: 'string', default: 'auto' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    top: { type: 'string', default: '25' },
  },
})
const [name = 'resnet56'] = positionals
const size = values.size && Number(values.size)
const spec = preset(name, size ? { size } : {})
const engine = { engine: values.engine, threads: Number(values.threads) }
const batch = Number(values.batch ?? (values.mode === 'train' ? 128 : 1))

const peak = await measurePeak(engine)
const { build, threads, bytes, seconds, parts } = await profile(spec, {
  ...engine,
  mode: values.mode === 'train' ? 'training' : 'inference',
  batch,
  rounds: Number(values.rounds),
})

const sorted = (list) => list.toSorted((a, b) => a - b)
const median = (list) => sorted(list)[list.length >> 1]
const ms = (list) => (1000 * median(list)).toFixed(2)
const spread = (list) => `${ms([Math.min(...list)])}–${ms([Math.max(...list)])}`
const boundOf = ({ macs, bytes }) => Math.max(macs / peak.multiplyAdds, bytes / peak.bandwidth)

/** The longest, then all the rest as one. */
const longest = parts.toSorted((a, b) => median(b.seconds) - median(a.seconds))
const total = parts.reduce((sum, part) => sum + median(part.seconds), 0)
const rows = longest.slice(0, Number(values.top)).flatMap((part) => {
  const time = median(part.seconds)
  return [
    [
      part.title,
      part.shapes,
      String(part.paths.length),
      ms(part.seconds),
      spread(part.seconds),
      `${((100 * time) / total).toFixed(1)} %`,
      part.macs ? ((2 * part.macs) / time / 1e9).toFixed(0) : '',
      (part.bytes / time / 1e9).toFixed(1),
      `${((100 * boundOf(part)) / time).toFixed(0)} %`,
      part.macs / peak.multiplyAdds > part.bytes / peak.bandwidth ? 'sums' : 'bytes',
    ],
    ...part.kernelSeconds.map((list, k) => [`  ${part.kernels[k]}`, '', '', ms(list), spread(list)]),
  ]
})
const head = ['operation', 'shapes', 'nodes', 'ms', 'range', 'of all', 'GFLOP/s', 'GB/s', 'of bound', 'bound']

console.log(
  `${name}, ${values.mode}, batch ${batch}, ${spec.input.height}x${spec.input.width}; ${build}, ${threads} threads; ` +
    `plan of ${(bytes / 1e6).toFixed(0)} MB`,
)
console.log(
  `peak ${((2 * peak.multiplyAdds) / 1e9).toFixed(0)} GFLOP/s, memory ${(peak.bandwidth / 1e9).toFixed(1)} GB/s`,
)
console.log()
console.log(
  textTable(
    [head, 'rule', ...rows],
    head.map((_, i) => (i < 2 || i === 9 ? 'left' : 'right')),
  ),
)
const macs = parts.reduce((sum, part) => sum + part.macs, 0)
const bound = parts.reduce((sum, part) => sum + boundOf(part), 0)
console.log()
console.log(`parts ${(1000 * total).toFixed(1)} ms in all; the whole plan ${ms(seconds)} ms (${spread(seconds)})`)
console.log(
  `bounds of the parts ${(1000 * bound).toFixed(1)} ms; multiply-adds alone ` +
    `${((1000 * macs) / peak.multiplyAdds).toFixed(1)} ms: ${((100 * macs) / peak.multiplyAdds / median(seconds)).toFixed(0)} % of the peak`,
)
