/** Checks the rules that every graph must obey, whatever its operations. Runs after each pass. */
import { invariant } from '../util/errors.js'
import { sameShape } from '../util/shape.js'
import type { Graph, Value } from './graph.js'

/** Refuses a graph for a reason, unless a condition holds. */
export type Refuse = (condition: unknown, reason: string) => void

/** @param must called with each rule; by default a broken one is a fault of this package */
export function verifyStructure(graph: Graph, must: Refuse = invariant): void {
  const known = new Set<Value>()
  const ids = new Set<number>()
  const define = (value: Value, who: string) => {
    must(!known.has(value) && !ids.has(value.id), `${who} defines value ${value.id} a second time`)
    known.add(value)
    ids.add(value.id)
  }
  for (const { name, value } of graph.inputs) define(value, `input ${name}`)
  for (const node of graph.nodes) {
    const who = `${node.op} at ${node.path || '(no path)'}`
    for (const value of node.inputs) must(known.has(value), `${who} uses value ${value.id} before it exists`)
    for (const value of node.outputs) define(value, who)
  }
  for (const { name, value } of graph.outputs) must(known.has(value), `output ${name} is not computed`)
  const inputs = new Set(graph.inputs.map(({ value }) => value))
  const targets = new Set<Value>()
  for (const { target, source } of graph.updates) {
    must(inputs.has(target), `update of value ${target.id}, which is not an input`)
    must(!targets.has(target), `two updates of value ${target.id}`)
    must(known.has(source), `update from value ${source.id}, which is not computed`)
    must(sameShape(target.type.shape, source.type.shape), `update of value ${target.id} changes its shape`)
    targets.add(target)
  }
}
