/** What a data set is to the rest of the house. */

/** Labelled pictures of one size, packed. */
export interface Pictures {
  readonly count: number
  readonly channels: number
  readonly height: number
  readonly width: number
  /** 8-bit values, [count][channels][height][width], RGB order. */
  readonly pixels: Uint8Array
  /** Class numbers, one a picture. */
  readonly labels: Uint8Array
}

/** Per-channel mean and standard deviation of pixels scaled to [0, 1]; travels with the weights. */
export interface Normalisation {
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

export interface Dataset {
  readonly name: string
  /** Class names, by class number. */
  readonly classes: readonly string[]
  readonly train: Pictures
  readonly test: Pictures
  readonly normalisation: Normalisation
}
