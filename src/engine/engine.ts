/**
 * The interface between plans and engines. Engines know graphs and plans, but not networks, autodiff or training. No
 * tensor leaves an engine: data goes in and out by name, in the layouts of the field (NCHW activations, OIHW weights).
 */
import type { Graph } from '../graph/graph.js'
import type { Bf16Unit, Precision } from '../ops/precision.js'
import type { Plan, PlanTarget } from '../plan/plan.js'

/** Runs plans. `openEngine` gives one. */
export interface Engine {
  /** The build that results belong to: `reference`, `native-avx512`, `native-avx2`, `native-baseline`, `wasm-simd`, … */
  readonly build: string
  /** Threads that a run uses. Results do not depend on it. */
  readonly threads: number
  /** The precisions that its convolutions can multiply in. */
  readonly precisions: readonly Precision[]
  /** The unit that multiplies rounded operands, if there is one. */
  readonly bf16?: Bf16Unit | undefined
  /** The properties of this engine that the planner needs. */
  readonly target: PlanTarget
  /** Operations of the graph that this engine lacks; empty if it can run the graph. */
  missing(graph: Graph): readonly string[]
  /** Allocates everything a plan needs. After this, runs allocate nothing. */
  compile(plan: Plan): Promise<Executable>
  /** Ends the engine's threads. Executables must be disposed of first. */
  dispose(): Promise<void>
}

export interface Executable {
  readonly plan: Plan
  /** Sets an input by name. The length must match its type. */
  write(name: string, data: Float32Array | Int32Array): void
  /** Runs the plan once. Refused while a run is in progress. */
  run(): Promise<void>
  /** Returns a copy of an input or output by name. Refused while a run is in progress. */
  read(name: string): Promise<Float32Array>
  /** Frees all that the plan holds. */
  dispose(): Promise<void>
}

/** An engine, and the reason for its choice. */
export interface ChosenEngine extends Engine, AsyncDisposable {
  /** One line, for example `the fastest that works here`. Says so if it has fewer threads than were asked for. */
  readonly reason: string
}
