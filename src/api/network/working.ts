/** From a trained network to one at work in this environment: what loading, training, fine-tuning and surgery give. */
import type { PictureSource, PixelPicture } from '../../data/picture/picture.js'
import type { TrainedNetwork } from '../../formats/trained-network.js'
import type { DecodingOptions, Host, OpenedEngine } from '../../inference/host.js'
import { Network } from '../../inference/network.js'
import { headsOf, type Tasks, taskOfNetwork } from '../../tasks/index.js'
import type { NetworkOf } from '../../tasks/types.js'
import { type ComputeOptions, engineOf, type OpenEngine } from '../engines/opening.js'

/** An environment: its engines, its picture decoder, and the place that files go to. */
export interface Environment {
  readonly openEngine: OpenEngine
  readPicture(source: PictureSource, options: DecodingOptions): Promise<PixelPicture>
  save(network: TrainedNetwork, path: string, tasks: Tasks | undefined): Promise<void>
}

/** The engine of a network at work, and the tasks that there are. */
export interface WorkingOptions extends ComputeOptions {
  readonly tasks?: Tasks | undefined
}

/** Measures a network: the function `evaluate` of this environment. */
export type Evaluate = (network: TrainedNetwork, data: object, options: object) => Promise<object>

/**
 * Puts a trained network to work.
 * @param opened its engine where that is open already; else it is opened with the first question
 */
export type PutToWork = <T extends string>(
  trained: TrainedNetwork,
  options: WorkingOptions,
  opened?: OpenedEngine,
) => NetworkOf<T>

export function putToWorkFunction(environment: Environment, evaluate: Evaluate): PutToWork {
  return <T extends string>(trained: TrainedNetwork, options: WorkingOptions, opened?: OpenedEngine) => {
    const { tasks } = options
    const host: Host = {
      open: async () => opened ?? engineOf(environment.openEngine, options),
      readPicture: (source, decoding) => environment.readPicture(source, decoding),
      save: (network, path) => environment.save(network, path, tasks),
      evaluate: (network, data, own, engine) => evaluate(network, data, { ...own, engine, tasks }),
    }
    const task = taskOfNetwork(trained.spec, tasks)
    const network = task.network?.(trained, host) ?? new Network(trained, host, headsOf(tasks))
    return network as NetworkOf<T> // the task is that of the spec
  }
}
