/** The fields of a block in the address, and the part that the page computes itself. */
import type { BlockSeen, BlockSettings } from '../compute/block.js'
import { shown } from '../parts/numbers.js'
import { choice, type Fields, number } from '../state/fields.js'

export const orders = [
  { value: 'post', name: 'original: add, then ReLU' },
  { value: 'pre', name: 'full pre-activation' },
  { value: 'norm-after-add', name: 'norm after addition' },
  { value: 'relu-before-add', name: 'ReLU before addition' },
  { value: 'relu-pre', name: 'ReLU-only pre-activation' },
  { value: 'bare-add', name: 'nothing after addition' },
] as const

export const shortcuts = [
  { value: 'pad', name: 'identity (A)' },
  { value: 'project-on-change', name: 'projection where sizes change (B)' },
  { value: 'project-always', name: 'projection always (C)' },
  { value: 'none', name: 'none: a plain block' },
] as const

export const gates = [
  { value: 'none', name: 'none' },
  { value: 'exclusive', name: 'exclusive: branch × g, shortcut × (1 − g)' },
  { value: 'shortcut-only', name: 'shortcut only: × (1 − g)' },
] as const

/** Four numbers each. */
export const inputs = {
  'not negative': [0.5, 1, 1.5, 2],
  'some negative': [-1, 0.5, -0.25, 2],
  'all negative': [-0.5, -1, -1.5, -2],
} as const

export interface BlockState {
  readonly w1: number
  readonly w2: number
  readonly ws: number
  /** Number of steps of weight decay. */
  readonly decay: number
  readonly norm: 'none' | 'weights' | 'all'
  readonly input: keyof typeof inputs
  readonly shortcut: (typeof shortcuts)[number]['value']
  readonly order: (typeof orders)[number]['value']
  readonly wider: 0 | 1
  readonly gate: (typeof gates)[number]['value']
  /** Bias of the gate. */
  readonly bias: number
}

export const blockFields: Fields<BlockState> = {
  w1: number(0.8, -2, 2),
  w2: number(-0.6, -2, 2),
  ws: number(1, -2, 2),
  decay: number(0, 0, 300),
  norm: choice<BlockState['norm']>('none', ['none', 'weights', 'all']),
  input: choice<BlockState['input']>('not negative', Object.keys(inputs) as BlockState['input'][]),
  shortcut: choice<BlockState['shortcut']>(
    'pad',
    shortcuts.map(({ value }) => value),
  ),
  order: choice<BlockState['order']>(
    'post',
    orders.map(({ value }) => value),
  ),
  wider: choice<0 | 1>(0, [0, 1]),
  gate: choice<BlockState['gate']>(
    'none',
    gates.map(({ value }) => value),
  ),
  bias: number(0, -8, 8),
}

/**
 * The part of a weight that remains after so many steps at learning rate 0.1 with a decay of 0.1 and no other gradient.
 */
export const decayed = (steps: number) => (1 - 0.1 * 0.1) ** steps

/** The part of the branch that a gate with this bias lets through. The shortcut gets the rest. */
export const openness = (bias: number) => 1 / (1 + Math.exp(-bias))

/** The gate of a block. A plain block has none. */
export const gateOf = ({ shortcut, gate, bias }: Pick<BlockState, 'shortcut' | 'gate' | 'bias'>) =>
  shortcut === 'none' || gate === 'none' ? undefined : { kind: gate, bias }

export function settingsOf(state: BlockState): BlockSettings {
  const { w1, w2, ws, decay, norm, input, shortcut, order, wider } = state
  const left = decayed(decay)
  const scale = norm === 'all' ? left : 1
  return {
    w1: w1 * left,
    w2: w2 * left,
    ws,
    scale,
    norm: norm !== 'none',
    input: inputs[input],
    shortcut,
    order,
    wider: wider === 1,
    gate: gateOf(state),
  }
}

/** Whether the output shows the input in the first channel, to the two decimals that the page prints. */
export const isIdentity = ({ difference }: BlockSeen) => difference < 0.005

/** Compares the output of a block with its input. */
export function verdictWords(seen: BlockSeen): string {
  const { difference, second } = seen
  if (!isIdentity(seen))
    return `Largest difference of output and input${second === undefined ? '' : ', in the first channel'}: ${shown(difference)}.`
  const rounded = difference === 0 ? '' : ', to two decimals'
  if (second === undefined) return `The output is the input${rounded}.`
  const rest = second < 0.005 ? 'zeros' : `not: its largest absolute value is ${shown(second)}`
  return `The first channel is the input${rounded}; the second is ${rest}.`
}
