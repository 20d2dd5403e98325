/** Plans and compiles a graph. It checks first that the engine has all operations. */
import type { Engine, Executable } from '../engine/engine.js'
import type { Graph } from '../graph/graph.js'
import { expectGraph } from '../ops/index.js'
import { isRounded } from '../ops/precision.js'
import { recomputeLevels } from '../plan/passes/recompute.js'
import type { Plan } from '../plan/plan.js'
import { type PlanOptions, planGraph } from '../plan/planner.js'
import { EngineError } from '../util/errors.js'
import { callback, expectFields, expectOptions, list, object, oneOf, text } from '../util/expect.js'

const engineFields = { target: object, missing: callback, precisions: list, build: text }

/**
 * Makes the plan of a graph. Allocates nothing.
 * @throws ConfigError if an argument is of the wrong kind; EngineError that lists all operations which the engine lacks.
 */
export function planFor(engine: Engine, graph: Graph, options: PlanOptions = {}): Plan {
  expectFields(engine, 'planFor: engine', 'an engine, such as openEngine() gives', engineFields)
  expectGraph(graph, 'planFor: graph')
  expectOptions(options, 'planFor: options', { recompute: oneOf(recomputeLevels) })
  const missing = engine.missing(graph)
  if (missing.length > 0) {
    const remedy = graph.nodes.some(({ own }) => own) ? 'reference, which runs operations of your own' : 'another'
    throw new EngineError(
      `${engine.build}: this network needs ${missing.join(', ')}, which this engine lacks; use ${remedy}`,
    )
  }
  if (isRounded(graph) && !engine.precisions.includes('bf16'))
    throw new EngineError(
      `${engine.build}: precision bf16 is not offered by this engine here; native-avx512 has it on Linux, on Intel's ` +
        'processors with a tile unit (AMX) and on those of AMD from Zen 4 on, the reference everywhere; use precision float32',
    )
  return planGraph(graph, engine.target, options)
}

/** @throws EngineError like `planFor`, or when there is no memory for the plan. */
export async function compileGraph(engine: Engine, graph: Graph, options: PlanOptions = {}): Promise<Executable> {
  return engine.compile(planFor(engine, graph, options))
}
