/** The environment of a network: its engine, and its access to files and pictures. */
import type { PictureSource, PixelPicture } from '../data/picture/picture.js'
import type { ChosenEngine } from '../engine/engine.js'
import type { TrainedNetwork } from '../formats/trained-network.js'

/** An open engine, and the function that releases it. */
export interface OpenedEngine {
  readonly engine: ChosenEngine
  /** Closes the engine, or leaves it open if others use it. */
  release(): Promise<void>
}

/** Options for decoding a picture file. */
export interface DecodingOptions {
  /**
   * `rgb`: 8 bits, transparent parts are black. `rgba`: 8 bits, with transparency. `exact`: the channels and the bit
   * depth of the file.
   */
  readonly channels: 'rgb' | 'rgba' | 'exact'
  readonly signal?: AbortSignal | undefined
}

/** The functions of an environment that a network uses. */
export interface Host {
  /** Opens the engine. Called once, before the first computation. */
  open(): Promise<OpenedEngine>
  /** @throws DataError naming the picture that cannot be read */
  readPicture(source: PictureSource, options: DecodingOptions): Promise<PixelPicture>
  /** Writes the network to a file. The ending of its name gives the format. */
  save(network: TrainedNetwork, path: string): Promise<void>
  /** Measures the network on the test part of a data set. */
  evaluate(network: TrainedNetwork, data: object, options: object, engine: ChosenEngine): Promise<object>
}
