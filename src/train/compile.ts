/** From a graph to something that runs: asks the engine first whether it can. */
import type { Engine, Executable } from '../engine/engine.js'
import type { Graph } from '../graph/graph.js'
import { planGraph } from '../plan/planner.js'
import { EngineError } from '../util/errors.js'

/** @throws EngineError that lists all operations which the engine lacks. */
export async function compileGraph(engine: Engine, graph: Graph): Promise<Executable> {
  const missing = engine.missing(graph)
  if (missing.length > 0)
    throw new EngineError(
      `${engine.build}: this network needs ${missing.join(', ')}, which this engine lacks; use another`,
    )
  return engine.compile(planGraph(graph, engine.target))
}
