/** A curve of a chart. */
export interface Curve {
  readonly kind: 'plain' | 'residual'
  readonly name: string
  /** Whether it shows test pictures, or else training pictures. */
  readonly test: boolean
  /** Pairs of step and value, in the order of steps. */
  readonly points: readonly (readonly [number, number])[]
}
