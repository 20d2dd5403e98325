/**
 * A head as part of a graph: how it is built, trained, initialised and exported. Each kind of head has one file that gives
 * all of this beside what `SpecHead` asks for; `index.ts` is the table of them.
 */
import type { Value } from '../../graph/graph.js'
import type { SpecHead } from '../../spec/heads/head.js'
import type { LayerPath } from '../../spec/paths.js'
import type { AnyHead, NetworkSpec } from '../../spec/spec.js'
import type { Shape } from '../../util/shape.js'
import type { LayerBuilder } from '../layers.js'

/** Values by the name that they have as inputs or outputs of the graph. */
export type NamedValues = Readonly<Record<string, Value>>

/** The values that a head is built from. */
export interface HeadInputs {
  /** The pictures that the network reads, [batch, channels, height, width]. */
  readonly pictures: Value
  /** The maps that `reads` of the head names, in its order. */
  readonly maps: readonly Value[]
}

/** How the loss of a head is computed. */
export interface LossSettings {
  /** One of the head's `losses`; left out: the first of them. */
  readonly lossName?: string | undefined
  /** Share of the target that is spread evenly over all classes, in [0, 1). Default 0. */
  readonly labelSmoothing?: number | undefined
}

/** Names of dimensions that may be any in an ONNX model, by axis; undefined for those that are fixed. */
export type FreeAxes = readonly (string | undefined)[]

/** One kind of head: all that is asked of it. */
export interface ModelHead<H extends AnyHead = AnyHead> extends SpecHead<H> {
  /** Names of the outputs of the graph that it gives, in their order; several where it answers several questions. */
  readonly outputs: readonly string[]
  /** Names of the data inputs that its loss compares the outputs with. */
  readonly truths: readonly string[]
  /** The losses that it can have, its default first. */
  readonly losses: readonly string[]
  /** Adds its truths to the graph, as data inputs. Called before any layer is added, where there is a loss. */
  addTruths(layers: LayerBuilder, spec: NetworkSpec<H>, batch: number): NamedValues
  /**
   * Adds its layers; returns its outputs by name.
   * @throws ShapeError where the maps do not fit it
   */
  build(layers: LayerBuilder, head: H, read: HeadInputs): NamedValues
  /** Adds its loss, a scalar. */
  addLoss(layers: LayerBuilder, outputs: NamedValues, truths: NamedValues, settings: LossSettings): Value
  /** The standard deviation of a fresh weight of the head; undefined for weights that are not its own. */
  deviation(head: H, path: string, shape: Shape): number | undefined
  /** The weights that start as zero where residual branches start as zero. */
  zeroed(head: H): readonly string[]
  /** The layers that its outputs leave, those that hold weights, by which lost numbers are looked for. */
  lastLayers(head: H): readonly LayerPath[]
  /** The free dimensions of the pictures and of each output in an ONNX model. */
  axes(head: H): { readonly pictures: FreeAxes; readonly outputs: Readonly<Record<string, FreeAxes>> }
}
