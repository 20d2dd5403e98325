/**
 * Makes a network that computes in this environment from a trained network. Loading, training, fine-tuning and surgery
 * end with it.
 */
import type { PictureSource, PixelPicture } from '../../data/picture/picture.js'
import type { TrainedNetwork } from '../../formats/trained-network.js'
import type { DecodingOptions, Host, OpenedEngine } from '../../inference/host.js'
import { Network } from '../../inference/network.js'
import { headsOf, type Tasks, taskOfNetwork } from '../../tasks/index.js'
import type { NetworkOf } from '../../tasks/types.js'
import { type ComputeOptions, engineOf, type OpenEngine } from '../engines/opening.js'

/** An environment: its engines, its picture decoder and its way to save files. */
export interface Environment {
  readonly openEngine: OpenEngine
  readPicture(source: PictureSource, options: DecodingOptions): Promise<PixelPicture>
  save(network: TrainedNetwork, path: string, tasks: Tasks | undefined): Promise<void>
}

/** The engine of a network, and the table of tasks. */
export interface WorkingOptions extends ComputeOptions {
  readonly tasks?: Tasks | undefined
}

/** Measures a network: the function `evaluate` of this environment. */
export type Evaluate = (network: TrainedNetwork, data: object, options: object) => Promise<object>

/**
 * Makes a trained network ready to compute.
 * @param opened the engine, if it is already open; otherwise the first call that computes opens it
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
