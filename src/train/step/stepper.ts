/**
 * Runs the steps of a training on an engine. It holds their plan, the plan's state (weights, running statistics,
 * optimizer state) and the prepared pictures. A step's result depends on this state and on its number alone.
 */
import type { Engine, Executable } from '../../engine/engine.js'
import type { GraphInput } from '../../graph/graph.js'
import { planFor } from '../../inference/compile.js'
import { allFinite } from '../../inference/finite.js'
import { readWeights, type Tensor, writeWeights } from '../../inference/weights.js'
import { givenBy } from '../../model/forward.js'
import type { ModelHead } from '../../model/heads/head.js'
import { type Heads, headOf } from '../../model/heads/index.js'
import { initialise } from '../../model/initialise.js'
import type { Recompute } from '../../plan/passes/recompute.js'
import type { Plan } from '../../plan/plan.js'
import type { NetworkSpec } from '../../spec/spec.js'
import type { Recipe } from '../../tasks/recipe.js'
import type { Feed, Task } from '../../tasks/task.js'
import type { DataOf, SumsOf } from '../../tasks/types.js'
import { elements } from '../../util/shape.js'
import type { Checkpoint } from '../checkpoint/checkpoint.js'
import { preciseStatistics } from '../precise-norm.js'
import type { ProbeState } from '../probe.js'
import type { StepPlan } from '../schedule/step-plan.js'
import { batchName } from './accumulate.js'
import { trainingGraph } from './step.js'

/** The parts of a stepper. */
export interface StepperParts<T extends string> {
  readonly task: Task<T>
  readonly engine: Engine
  readonly spec: NetworkSpec
  readonly data: DataOf<T>
  readonly recipe: Recipe
  readonly stepPlan: StepPlan
  /** The values that the backward pass recomputes instead of keeping them. */
  readonly recompute: Recompute
}

export class Stepper<T extends string> {
  readonly #parts: StepperParts<T>
  readonly #executable: Executable
  readonly #next: Feed

  /** The plan of a step; `open` takes it. */
  static plan(engine: Engine, spec: NetworkSpec, recipe: Recipe, recompute: Recompute, heads?: Heads): Plan {
    return planFor(engine, trainingGraph(spec, recipe, heads), { recompute })
  }

  /** Allocates the memory of the plan. `start` fills it. */
  static async open<T extends string>(parts: StepperParts<T>, plan: Plan): Promise<Stepper<T>> {
    return new Stepper(parts, await parts.engine.compile(plan))
  }

  private constructor(parts: StepperParts<T>, executable: Executable) {
    this.#parts = parts
    this.#executable = executable
    const { task, spec, data, recipe, stepPlan } = parts
    this.#next = task.feed(spec, data, recipe, stepPlan.stepsPerEpoch)
  }

  /**
   * Writes the state: the checkpoint's, or a fresh one with the given weights.
   * @throws DataError if the tensors do not match the network
   */
  start(checkpoint: Checkpoint<T> | undefined, given: ReadonlyMap<string, Tensor> = new Map()): void {
    const optimizer = this.#inputs('optimizer')
    if (checkpoint) {
      writeWeights(this.#executable, this.#inputs('parameter', 'buffer'), checkpoint.weights, 'checkpoint')
      writeWeights(this.#executable, optimizer, checkpoint.optimizer, 'checkpoint')
      return
    }
    const { seed, zeroInitResidual } = this.#parts.recipe
    for (const [name, values] of initialise(this.#parts.spec, {
      seed,
      zeroInitResidual,
      heads: this.#parts.task.heads,
    }))
      this.#executable.write(name, values)
    const taken = this.#inputs('parameter', 'buffer').filter(({ name }) => given.has(name))
    writeWeights(this.#executable, taken, given, 'initial weights')
    for (const { name, value } of optimizer) this.#executable.write(name, new Float32Array(elements(value.type.shape)))
  }

  /** Parameters and running statistics by path. */
  weights(): Promise<Map<string, Tensor>> {
    return readWeights(this.#executable, this.#inputs('parameter', 'buffer'))
  }

  /** The optimizer's state by name. */
  optimizer(): Promise<Map<string, Tensor>> {
    return readWeights(this.#executable, this.#inputs('optimizer'))
  }

  /**
   * Runs a step, counted from 0. Returns its sums from before the update. If the loss is not a number, nothing is
   * updated. While the engine runs, the next step's pictures are prepared.
   */
  async run(step: number, lr: number): Promise<SumsOf<T>> {
    const { task, data, recipe } = this.#parts
    this.#next.prepare(step)
    const batches = Array.from({ length: recipe.accumulate }, (_, batch) => batch)
    const truths = batches.map((batch) => this.#truthsOf(batch))
    this.#feed(step, lr)
    const running = this.#executable.run()
    try {
      if (step + 1 < this.#parts.stepPlan.totalSteps) this.#next.prepare(step + 1)
    } finally {
      await running
    }
    const loss = (await this.#executable.read('loss'))[0]!
    let sums = task.nothing
    for (const batch of batches)
      sums = task.add(sums, task.sums({ loss, outputs: await this.#outputs(batch), truths: truths[batch]! }, data))
    return sums
  }

  #feed(step: number, lr: number): void {
    const { accumulate } = this.#parts.recipe
    for (let batch = 0; batch < accumulate; batch++) {
      for (const [name, values] of Object.entries(this.#next.batch(batch)))
        this.#executable.write(batchName(name, batch, accumulate), values)
    }
    this.#executable.write('lr', Float32Array.of(lr))
    if (this.#inputs('scalar').some(({ name }) => name === 'step')) this.#executable.write('step', Int32Array.of(step))
  }

  /** Copies of a batch's targets by name, where they are compared with its outputs. */
  #truthsOf(batch: number): Record<string, Float32Array | Int32Array> {
    const inputs = this.#next.batch(batch)
    const { truths, figures } = this.#head
    return figures ? {} : Object.fromEntries(truths.map((name) => [name, inputs[name]!.slice()]))
  }

  /** The outputs of the network for a batch, or its head's figures, by name. */
  async #outputs(batch: number): Promise<Record<string, Float32Array>> {
    const outputs: Record<string, Float32Array> = {}
    for (const name of givenBy(this.#head, 'training'))
      outputs[name] = await this.#executable.read(batchName(name, batch, this.#parts.recipe.accumulate))
    return outputs
  }

  get #head(): ModelHead {
    const { spec, task } = this.#parts
    return headOf(spec.head, task.heads)
  }

  /** Applies precise batch norm, over the batches that would follow the last step. */
  async refineStatistics(): Promise<void> {
    const { engine, spec, recipe, stepPlan } = this.#parts
    const { batchSize, accumulate, preciseBn } = recipe
    if (preciseBn === 0) return
    const statistics = await preciseStatistics(engine, spec, {
      weights: await this.weights(),
      batchSize,
      batches: preciseBn,
      heads: this.#parts.task.heads,
      pictures: (batch) => {
        this.#next.prepare(stepPlan.epochs * stepPlan.stepsPerEpoch + Math.floor(batch / accumulate))
        return this.#next.batch(batch % accumulate).pictures
      },
    })
    for (const [path, values] of statistics) this.#executable.write(path, values)
  }

  /** The state and one batch of a step, for a probe. */
  async probeState(step: number, batch = 0): Promise<ProbeState> {
    const { spec, recipe, recompute, task } = this.#parts
    this.#next.prepare(step)
    return {
      heads: task.heads,
      spec,
      recipe,
      recompute,
      step,
      batch,
      weights: await this.weights(),
      inputs: this.#next.batch(batch),
    }
  }

  /** The same for the first batch of the last step whose outputs are not finite, or its last batch. */
  async lostState(step: number): Promise<ProbeState> {
    const { accumulate } = this.#parts.recipe
    let batch = 0
    while (batch < accumulate - 1 && Object.values(await this.#outputs(batch)).every(allFinite)) batch++
    return this.probeState(step, batch)
  }

  dispose(): Promise<void> {
    return this.#executable.dispose()
  }

  #inputs(...roles: readonly GraphInput['role'][]): GraphInput[] {
    return this.#executable.plan.graph.inputs.filter(({ role }) => roles.includes(role))
  }
}
