/** Finds the convolutions that can multiply rounded operands, and sizes their packed weights. */
import type { Node } from '../../../graph/graph.js'
import { operandOf } from '../../../ops/operands.js'
import { BLOCK } from '../layout.js'
import type { Tape } from '../tape.js'

/**
 * Whether a node may gain by rounding: it has one group, and at least a block of channels on both sides. Stems read the
 * few channels of a picture and stay in float32.
 */
export function gainsByRounding(node: Node): boolean {
  const { shape } = (operandOf(node, 'weight') ?? node.outputs[0]!).type
  return (node.attributes.groups ?? 1) === 1 && shape[0]! >= BLOCK && shape[1]! >= BLOCK
}

/** Numbers of blocks of output and of input channels, and of taps. */
interface Blocks {
  readonly oblocks: number
  readonly iblocks: number
  readonly taps: number
}

/** Floats of a packed weight. If there is more than one block, rows are stored in pairs of blocks. */
export function packedFloats({ oblocks, iblocks, taps }: Blocks, transposed: boolean): number {
  const [columns, rows] = transposed ? [iblocks, oblocks] : [oblocks, iblocks]
  const stored = rows > 1 ? 2 * Math.ceil(rows / 2) : 1
  return (columns * stored * taps * BLOCK * BLOCK) / 2
}

export function pushPacked(tape: Tape, weight: number, to: number, blocks: Blocks, transposed: boolean): void {
  tape.push('pack_bf16_weight', { weight, y: to, ...blocks, transposed: Number(transposed) })
}
