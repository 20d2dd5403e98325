/** A network as a table: path, output shape, formulas of blocks, params and MACs; then the totals. */
import { depthOf, placedBlocks } from '../spec/blocks.js'
import { expectSpec } from '../spec/expect-spec.js'
import type { BlockSpec, NetworkSpec } from '../spec/spec.js'
import { expectOptions, object, oneOf } from '../util/expect.js'
import { printable } from '../util/printable.js'
import { sameShape, shapeText } from '../util/shape.js'
import { type Row, textTable, withCommas } from '../util/table.js'
import { type Complexity, complexity, type LayerCost, totalCost } from './complexity.js'
import { formulaOf, layersText, legend } from './formula.js'
import { type Heads, headOf, heads as ownHeads } from './heads/index.js'

/** Layout of a summary. */
export interface SummaryOptions {
  /** One row per layer that has parameters or changes the shape (the default), or one row per block. */
  readonly rows?: 'layer' | 'block'
  /** The known kinds of heads; default: those of this package. */
  readonly heads?: Heads | undefined
}

/** The summary as text, without a newline at its end. */
export function summary(spec: NetworkSpec, options: SummaryOptions = {}): string {
  expectOptions(options, 'summary: options', { rows: oneOf(['layer', 'block']), heads: object })
  const { heads = ownHeads } = options
  expectSpec(spec, 'summary: spec', heads)
  const costs = complexity(spec, heads)
  const { channels, height, width } = spec.input
  const totals = [withCommas(costs.params), withCommas(costs.macs)]
  const blocks = options.rows === 'block' ? blockRows(spec, costs) : undefined
  const table = blocks
    ? textTable(
        [['path', 'output', 'gives', 'params', 'MACs'], 'rule', ...blocks.rows, 'rule', ['total', '', '', ...totals]],
        ['left', 'right', 'left', 'right', 'right'],
      )
    : textTable(
        [['path', 'output', 'params', 'MACs'], 'rule', ...layerRows(costs), 'rule', ['total', '', ...totals]],
        ['left', 'right', 'right', 'right'],
      )
  return [
    `${printable(spec.name)}: ${depthOf(spec, heads)} weighted layers, ${channels}x${height}x${width} pictures, ${headOf(spec.head, heads).summary(spec.head)}`,
    '',
    table,
    '',
    ...(blocks ? [...blocks.legend, ''] : []),
    `${millions(costs.params)} params, ${millions(costs.macs)} MACs, ${millions(costs.acts)} acts a picture`,
  ].join('\n')
}

function layerRows({ layers }: Complexity): Row[] {
  return layers
    .filter(({ params, inputShape, outputShape }) => params > 0 || !sameShape(inputShape, outputShape))
    .map(rowOf)
}

/** One row for the stem, for each block and for the head, with a legend of their letters. */
function blockRows(spec: NetworkSpec, { layers }: Complexity): { rows: Row[]; legend: string[] } {
  const groups = new Map<string, LayerCost[]>()
  for (const layer of layers) {
    const path = /^(stem|head|stage\d+\.block\d+)/.exec(layer.path)?.[0] ?? layer.path
    groups.set(path, [...(groups.get(path) ?? []), layer])
  }
  const specs = new Map<string, BlockSpec>(placedBlocks(spec).map((block) => [block.path, block.spec]))
  const several =
    new Set(
      [...groups].flatMap(([path, members]) => {
        const block = specs.get(path)
        return block ? [formulaOf(block, members, 'F').branch] : []
      }),
    ).size > 1
  /** Names of branches, by their layers. */
  const branches = new Map<string, string>()
  const formulas: string[] = []
  const rows = [...groups].map(([path, members]): Row => {
    const [name, output, ...costs] = rowOf({ ...members.at(-1)!, ...totalCost(members), path }) as string[]
    const block = specs.get(path)
    if (!block) return [name!, output!, layersText(members), ...costs]
    const { branch } = formulaOf(block, members, 'F')
    if (!branches.has(branch)) branches.set(branch, several ? `F${branches.size + 1}` : 'F')
    const { text } = formulaOf(block, members, branches.get(branch)!)
    formulas.push(text)
    return [name!, output!, text, ...costs]
  })
  return { rows, legend: legend(formulas, branches) }
}

function rowOf({ path, outputShape, params, macs }: LayerCost): Row {
  return [path, shapeText(outputShape), params > 0 ? withCommas(params) : '', macs > 0 ? withCommas(macs) : '']
}

/** `0.27M`, `1.814G`. */
function millions(value: number): string {
  return value >= 1e9 ? `${(value / 1e9).toFixed(3)}G` : `${(value / 1e6).toFixed(2)}M`
}
