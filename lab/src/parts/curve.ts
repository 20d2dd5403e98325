/** A curve of a chart. */
export interface Curve {
  readonly kind: 'plain' | 'residual'
  readonly name: string
  /** Of the test pictures; else of training ones. */
  readonly test: boolean
  /** Step and value, in the order of steps. */
  readonly points: readonly (readonly [number, number])[]
}
