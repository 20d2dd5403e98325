/**
 * Weights of grouped convolutions. A block of 16 output channels reads the input blocks that its groups lie in, which
 * are neighbours. Only these are stored, with zeros between channels of different groups: [⌈O/16⌉][most][KH][KW][16
 * i][16 o], where `most` is the largest number of input blocks of any output block. So groups of any width run the same
 * loop over whole blocks, but groups narrower than a block multiply zeros. (native/groups.h does the same.)
 */

const BLOCK = 16

export interface Connections {
  /** The input blocks from..to that an output block reads. */
  span(block: number): { readonly from: number; readonly to: number }
  /** The most input blocks that any output block reads. */
  readonly most: number
}

/** Connections of a convolution from `inputs` to `outputs` channels. Exchange the two for its input gradient. */
export function connections(outputs: number, inputs: number, groups: number): Connections {
  const [wide, deep] = [outputs / groups, inputs / groups] // channels of a group
  const span = (block: number) => {
    const first = Math.floor((block * BLOCK) / wide)
    const last = Math.floor((Math.min(outputs, (block + 1) * BLOCK) - 1) / wide)
    return { from: Math.floor((first * deep) / BLOCK), to: Math.ceil(((last + 1) * deep) / BLOCK) }
  }
  let most = 0
  for (let block = 0; block < Math.ceil(outputs / BLOCK); block++) {
    const { from, to } = span(block)
    most = Math.max(most, to - from)
  }
  return { span, most }
}
