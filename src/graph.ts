/**
 * The package for those who build their own: graphs and operations, layers, heads and losses, tasks. A network is a spec
 * until here; below it is a graph, which is differentiated, planned and run on any engine.
 */

export { type CheckOptions, checkGradients, type Evaluate, type GradientError } from './autodiff/check.js'
export { type Differentiated, differentiate, pullBack } from './autodiff/differentiate.js'
export { epochOrder, fillBatch } from './data/batches.js'
export { expectDataset, expectPictures } from './data/expect-data.js'
export type { Engine } from './engine/engine.js'
export { evaluateOutputs } from './engine/reference/evaluate.js'
export { GraphBuilder } from './graph/builder.js'
export {
  type Attribute,
  type Attributes,
  type DType,
  f32,
  type Graph,
  type GraphInput,
  type GraphOutput,
  type InputRole,
  i32,
  type Node,
  type TensorType,
  type Update,
  type Value,
} from './graph/graph.js'
export { graphText } from './graph/text.js'
export { planFor } from './inference/compile.js'
export { Session, type SessionInputs, type SessionOptions, type Weights } from './inference/session.js'
export { addBlock, type BlockExtras } from './model/block.js'
export { type ForwardOptions, forwardGraph } from './model/forward.js'
export { classifierLayers } from './model/heads/classifier.js'
export type { FreeAxes, HeadInputs, LossSettings, ModelHead, NamedValues, StepFigures } from './model/heads/head.js'
export { type Heads, headOf, heads } from './model/heads/index.js'
export { type InitialiseOptions, initialise } from './model/initialise.js'
export { LayerBuilder } from './model/layers.js'
export type { LayerTable, ModelLayer, ModelLayers } from './model/own-layers.js'
export { type ParameterInfo, parametersOf } from './model/parameters.js'
export { type AttributesOf, type OpName, ops } from './ops/index.js'
export {
  type Cost,
  emit,
  type GradientContext,
  type GradientRule,
  type KernelTensor,
  type Names,
  type Op,
  type Operands,
  type OptionalOperands,
  type OwnOp,
  type Sharing,
} from './ops/op.js'
export { defineOwnOp as defineOp } from './ops/own.js'
export type { Buffer, Plan, PlanTarget } from './plan/plan.js'
export type { PlanOptions } from './plan/planner.js'
export type { PlacedBlock } from './spec/blocks.js'
export { checkedBlocks as placedBlocks } from './spec/checked-blocks.js'
export { fields as checkFields, whole as checkWhole } from './spec/fields.js'
export { type Answers, lastStage, type ReadPath, type SpecHead } from './spec/heads/head.js'
export type { SpecLayer, SpecLayers } from './spec/own-layers.js'
export type { BufferName, ParameterName } from './spec/paths.js'
export { headsOf } from './tasks/index.js'
export { withLayers } from './tasks/layers.js'
export type { RecipeRules } from './tasks/recipe.js'
export type { BatchInputs, DataIdentity, Feed, Measurer, StepAnswers, Task, TestFor } from './tasks/task.js'
export type * from './tasks/types.js'
export { decodeAnyCheckpoint } from './train/checkpoint/checkpoint.js'
export type { UpdateSettings } from './train/step/optimizer.js'
export { stepGraph } from './train/step/step.js'
export { ShapeError } from './util/errors.js'
export type { Shape } from './util/shape.js'
