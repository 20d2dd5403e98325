/** The formulas of blocks, one line each: `ReLU(F + x)` for a residual block, `ReLU(F)` for its plain twin. */
import type { BlockSpec } from '../spec/spec.js'
import type { LayerCost } from './complexity.js'

/** A block as a formula, and the layers of its `F`. */
export interface Formula {
  /** The formula in terms of F, the branch, and x, the block's input. */
  readonly text: string
  readonly branch: string
}

const words: Readonly<Record<string, string>> = {
  conv2d: 'conv',
  batchNormInference: 'norm',
  relu: 'ReLU',
  maxPool: 'pool',
  averagePool: 'pool',
  globalAveragePool: 'pool',
}

/** The operations of layers, in order. */
export const layersText = (layers: readonly LayerCost[]): string => layers.map(({ op }) => words[op] ?? op).join(', ')

/**
 * Derives the formula of a block from its layers.
 * @param layers the block's layers, in the order of computation
 * @param name the name of its branch
 */
export function formulaOf({ branch: convs }: BlockSpec, layers: readonly LayerCost[], name: string): Formula {
  const tails = layers.map(({ path }) => path.replace(/^stage\d+\.block\d+\./, ''))
  const add = tails.indexOf('add')
  const end = add >= 0 ? add : tails.at(-1) === 'relu' ? tails.length - 1 : tails.length
  const inside = layers.slice(0, end).flatMap((layer, i) => {
    const [, kind, index] = /^(conv|norm|relu)(\d+)$/.exec(tails[i]!) ?? []
    if (kind === undefined) return []
    const kernel = convs[Number(index) - 1]?.kernel
    return [kind === 'conv' ? `conv ${kernel}x${kernel}` : (words[layer.op] ?? layer.op)]
  })
  const has = (start: string) => tails.some((tail) => tail.startsWith(start))
  const branch = `${has('branch.scale') ? 'a ' : ''}${has('branch.gated') ? 'g ' : ''}${name}`
  const input = has('shortcut.conv') ? 'W x' : has('shortcut.pad') ? 'pad(x)' : 'x'
  const shortcut = `${has('shortcut.scale') ? 'b ' : ''}${has('shortcut.gated') ? '(1 - g) ' : ''}${input}`
  const text = layers
    .slice(add >= 0 ? add + 1 : end)
    .reduce((inner, { op }) => `${words[op] ?? op}(${inner})`, add >= 0 ? `${branch} + ${shortcut}` : branch)
  return { text, branch: inside.join(', ') }
}

/** Explains the letters of formulas. @param branches layers of each branch, by its name */
export function legend(formulas: readonly string[], branches: ReadonlyMap<string, string>): string[] {
  const uses = (pattern: RegExp) => formulas.some((text) => pattern.test(text))
  return [
    ...[...branches].map(([layers, name]) => `${name}: ${layers}`),
    ...(uses(/\bx\b/) ? ['x: the input of the block; the shortcut takes it past the layers'] : []),
    ...(uses(/pad\(x\)/) ? ['pad(x): x with zeros in the new channels'] : []),
    ...(uses(/W x/) ? ['W: a 1x1 convolution'] : []),
    ...(uses(/\bg\b/) ? ['g: the gate'] : []),
    ...(uses(/\ba \b/) || uses(/\bb \b/) ? ['a, b: fixed factors'] : []),
  ]
}
