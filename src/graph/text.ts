/** The stable text form of a graph, for snapshots and for readers: a line per input, node, output and update. */
import { expectKind } from '../util/expect.js'
import { shapeText } from '../util/shape.js'
import * as kinds from './expect.js'
import type { Attribute, Graph, TensorType, Value } from './graph.js'

function typeText(type: TensorType): string {
  return `${type.dtype}[${shapeText(type.shape)}]`
}

function attributeText(value: Attribute): string {
  return Array.isArray(value) ? `(${value.map(attributeText).join(',')})` : String(value)
}

/** Values are numbered in order of appearance, so that the text does not depend on how the graph was built. */
export function graphText(graph: Graph): string {
  expectKind(graph, 'graphText: graph', kinds.graph)
  const names = new Map<Value, string>()
  const define = (value: Value) => {
    names.set(value, `%${names.size}`)
    return `${names.get(value)}: ${typeText(value.type)}`
  }
  const use = (value: Value) => names.get(value) ?? '%?'
  const lines: string[] = []
  for (const { name, role, value } of graph.inputs) lines.push(`${role} ${define(value)} = ${name}`)
  for (const node of graph.nodes) {
    const { named = [] } = node
    const first = node.inputs.length - named.length
    const inputs = node.inputs.map((value, i) => `${i < first ? '' : `${named[i - first]}=`}${use(value)}`).join(', ')
    const attributes = Object.entries(node.attributes)
      .map(([key, value]) => ` ${key}=${attributeText(value)}`)
      .join('')
    const path = node.path ? `  # ${node.path}` : ''
    lines.push(`${node.outputs.map(define).join(', ')} = ${node.op}(${inputs})${attributes}${path}`)
  }
  for (const { name, value } of graph.outputs) lines.push(`output ${name} = ${use(value)}`)
  for (const { target, source } of graph.updates) lines.push(`update ${use(target)} <- ${use(source)}`)
  return `${lines.join('\n')}\n`
}
