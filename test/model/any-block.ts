/** Layers and blocks nobody has thought of, for tests of what holds for all networks. */
import fc from 'fast-check'
import { type BlockSpec, orders, shortcuts } from '../../src/spec/spec.js'

const width = fc.integer({ min: 1, max: 9 })
export const conv = fc
  .record({
    width,
    half: fc.integer({ min: 0, max: 2 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    bias: fc.boolean(),
  })
  .map(({ half, ...layer }) => ({ kind: 'conv', kernel: 2 * half + 1, ...layer }) as const)

export const block: fc.Arbitrary<BlockSpec> = fc
  .record({
    branch: fc.array(conv, { minLength: 1, maxLength: 4 }),
    stride: fc.integer({ min: 1, max: 2 }),
    strideIn: fc.nat(3),
    order: fc.constantFrom(...orders),
    shortcut: fc.constantFrom(...shortcuts),
    shared: fc.boolean(),
    norm: fc.boolean(),
    scale: fc.constantFrom(0.1, 0.5, 1),
    extras: fc.constantFrom<Partial<BlockSpec>>(
      {},
      { shortcutDropout: 0.5 },
      { gate: { kind: 'exclusive', bias: -6 } },
      { gate: { kind: 'shortcut-only', bias: 0 } },
    ),
  })
  .map(({ shared, scale, extras, ...block }) => ({
    ...block,
    ...(block.shortcut === 'none' ? {} : { branchScale: scale, shortcutScale: -scale }),
    ...(['none', 'noise'].includes(block.shortcut) ? {} : extras),
    strideIn: block.strideIn % block.branch.length,
    ...(block.order.endsWith('pre') ? { activateBeforeSplit: shared } : {}),
  }))
