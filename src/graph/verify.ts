/** Checks the rules that every graph must obey, whatever its operations. Runs after each pass. */
import { invariant } from '../util/errors.js'
import { sameShape } from '../util/shape.js'
import type { Graph, Value } from './graph.js'

export function verifyStructure(graph: Graph): void {
  const known = new Set<Value>()
  const ids = new Set<number>()
  const define = (value: Value, who: string) => {
    invariant(!known.has(value) && !ids.has(value.id), `${who} defines value ${value.id} a second time`)
    known.add(value)
    ids.add(value.id)
  }
  for (const { name, value } of graph.inputs) define(value, `input ${name}`)
  for (const node of graph.nodes) {
    const who = `${node.op} at ${node.path || '(no path)'}`
    for (const value of node.inputs) invariant(known.has(value), `${who} uses value ${value.id} before it exists`)
    for (const value of node.outputs) define(value, who)
  }
  for (const { name, value } of graph.outputs) invariant(known.has(value), `output ${name} is not computed`)
  const inputs = new Set(graph.inputs.map(({ value }) => value))
  const targets = new Set<Value>()
  for (const { target, source } of graph.updates) {
    invariant(inputs.has(target), `update of value ${target.id}, which is not an input`)
    invariant(!targets.has(target), `two updates of value ${target.id}`)
    invariant(known.has(source), `update from value ${source.id}, which is not computed`)
    invariant(sameShape(target.type.shape, source.type.shape), `update of value ${target.id} changes its shape`)
    targets.add(target)
  }
}
