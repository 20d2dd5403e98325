/** The place where a network works: its engine, and the files and pictures that can be had there. */
import type { PictureSource, PixelPicture } from '../data/picture/picture.js'
import type { ChosenEngine } from '../engine/engine.js'
import type { TrainedNetwork } from '../formats/trained-network.js'

/** An engine that is open, and how to let go of it. */
export interface OpenedEngine {
  readonly engine: ChosenEngine
  /** Ends the engine, or leaves it open where others use it. */
  release(): Promise<void>
}

/** How a picture file is decoded. */
export interface DecodingOptions {
  /**
   * `rgb`: 8 bits, transparent parts black; `rgba`: 8 bits, with transparency; `exact`: the channels and the depth of
   * the file.
   */
  readonly channels: 'rgb' | 'rgba' | 'exact'
  readonly signal?: AbortSignal | undefined
}

/** Given to a network by those who make it. */
export interface Host {
  /** Opens the engine; asked once, with the first question. */
  open(): Promise<OpenedEngine>
  /** @throws DataError naming the picture that cannot be read */
  readPicture(source: PictureSource, options: DecodingOptions): Promise<PixelPicture>
  /** Writes the network to a file, in the format that its name asks for. */
  save(network: TrainedNetwork, path: string): Promise<void>
  /** Measures the network on the test part of a data set. */
  evaluate(network: TrainedNetwork, data: object, options: object, engine: ChosenEngine): Promise<object>
}
