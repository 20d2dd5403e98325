/**
 * A head as part of a graph: how it is built, trained, initialised and exported. Each kind of head has one file that
 * defines all of this and `SpecHead`; `index.ts` is the table of them.
 */
import type { Value } from '../../graph/graph.js'
import type { SpecHead } from '../../spec/heads/head.js'
import type { LayerPath } from '../../spec/paths.js'
import type { AnyHead, NetworkSpec } from '../../spec/spec.js'
import type { Shape } from '../../util/shape.js'
import type { LayerBuilder } from '../layers.js'
import type { ModelLayers } from '../own-layers.js'

/** Values by their names as inputs or outputs of the graph. */
export type NamedValues = Readonly<Record<string, Value>>

/** The values that a head is built from. */
export interface HeadInputs {
  /** The pictures that the network reads, [batch, channels, height, width]. */
  readonly pictures: Value
  /** The maps that the head's `reads` names, in its order. */
  readonly maps: readonly Value[]
}

/** Settings of a head's loss. */
export interface LossSettings {
  /** One of the head's `losses`. Default: the first. */
  readonly lossName?: string | undefined
  /** Label smoothing: the share of the target spread evenly over all classes, in [0, 1). Default 0. */
  readonly labelSmoothing?: number | undefined
}

/** Names of free dimensions in an ONNX model, by axis; undefined for fixed dimensions. */
export type FreeAxes = readonly (string | undefined)[]

/** The last layers of a head as a head of their own, under the same paths. */
export interface LoneHead<H extends AnyHead> {
  /** Their name: "its classifier". */
  readonly name: string
  /** The layer whose results they read: one number for each channel. */
  readonly at: LayerPath
  readonly head: H
  /** Whether no other layer of the head holds weights. */
  readonly isAll: boolean
}

/** Scalars that a training step gives out in place of a head's outputs, which then stay in the engine. */
export interface StepFigures {
  readonly names: readonly string[]
  /** Adds them; returns them by name. */
  add(layers: LayerBuilder, outputs: NamedValues, truths: NamedValues): NamedValues
}

/** One kind of head: all that is asked of it. */
export interface ModelHead<H extends AnyHead = AnyHead> extends SpecHead<H> {
  /** The layers of your own that branches of its networks may have, by kind. Default none. */
  readonly layers?: ModelLayers | undefined
  /** Names of its outputs in the graph, in order. A head may answer several questions. */
  readonly outputs: readonly string[]
  /** Names of the data inputs that its loss compares with the outputs. */
  readonly truths: readonly string[]
  /** Its losses, the default first. */
  readonly losses: readonly string[]
  /** Adds its targets to the graph as data inputs. Called before any layer is added, if there is a loss. */
  addTruths(layers: LayerBuilder, spec: NetworkSpec<H>, batch: number): NamedValues
  /**
   * Adds its layers; returns its outputs by name.
   * @throws ShapeError if the maps do not fit it
   */
  build(layers: LayerBuilder, head: H, read: HeadInputs): NamedValues
  /** Adds its loss, a scalar. */
  addLoss(layers: LayerBuilder, outputs: NamedValues, truths: NamedValues, settings: LossSettings): Value
  /** For heads whose outputs are large, such as pictures. Default: a training step gives out the outputs. */
  readonly figures?: StepFigures | undefined
  /** The standard deviation of a fresh weight of the head; undefined for weights that are not its own. */
  deviation(head: H, path: string, shape: Shape): number | undefined
  /** The weights that start at zero if residual branches do. */
  zeroed(head: H): readonly string[]
  /**
   * The layers that its outputs leave, those that hold weights: lost numbers are looked for by them, and fine-tuning
   * begins them anew.
   */
  lastLayers(head: H): readonly LayerPath[]
  /** Its last layers as a head of their own, where they can learn without what is before them. */
  lone(head: H): LoneHead<H> | undefined
  /** The free dimensions of the pictures and of each output in an ONNX model. */
  axes(head: H): { readonly pictures: FreeAxes; readonly outputs: Readonly<Record<string, FreeAxes>> }
}
