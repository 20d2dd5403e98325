/** The package in browsers, and whatever needs no files elsewhere. */

export {
  configure,
  createFinetuning,
  createTrainer,
  deepen,
  evaluate,
  finetune,
  load,
  openEngine,
  openedData,
  probe,
  resumeFinetuning,
  resumeTrainer,
  runDemo,
  train,
  trainingMemory,
  trainToEnd,
  untrained,
} from './api/browser.js'
export {
  type EngineBuild,
  type EngineKind,
  type EngineName,
  type EngineOptions,
  type EngineSource,
  engineNames,
  mostThreads,
  type OpenOptions,
} from './api/engines/choice.js'
export type { ComputeOptions } from './api/engines/opening.js'
export { type ExportOptions, exportOnnx, exportSafetensors } from './api/files/export.js'
export type { HubOptions } from './api/files/hub.js'
export type { Load, NetworkOptions, WeightSource } from './api/files/load.js'
export type { OpenedData, OpenedDataOptions, OpenedFile } from './api/files/opened-data.js'
export { type DecodedNetwork, type DecodeOptions, decodeNetwork } from './api/files/weights.js'
export { arrangeBlocks } from './api/network/arrange.js'
export type { NetworkFor } from './api/network/made.js'
export type { Probe, Probed, ProbeOptions } from './api/network/probe.js'
export { type DeepenOptions, withoutBlock, withSwappedBlocks } from './api/network/surgery.js'
export type { UntrainedOptions } from './api/network/untrained.js'
export {
  type DemoCurve,
  type DemoNet,
  type DemoOptions,
  type DemoPoint,
  type DemoResult,
  demoNets,
  demoRecipe,
  finalErrors,
} from './api/training/demo.js'
export {
  DEPTH_MARGIN,
  type DepthVerdict,
  depthVerdict,
  type FinalErrors,
  type Finals,
} from './api/training/depth-verdict.js'
export type { Finetuned, FinetuneOptions, FinetuneReport, Finetuning } from './api/training/finetune.js'
export type { FinetuneChoice, FinetunePlan } from './api/training/finetune-plan.js'
export type {
  EvaluateOptions,
  TrainedResult,
  TrainingOptions,
} from './api/training/training.js'
export { type Augmentation, type Jitter, type ResizedCrop, usualCrop } from './data/augment.js'
export type { Plane } from './data/bicubic.js'
export { type BuiltinOptions, builtin } from './data/builtin/builtin.js'
export {
  type Dataset,
  type Features,
  type HeldOutRecord,
  imageNetNormalisation,
  inputSize,
  type Normalisation,
  type PictureReader,
  type PictureSize,
  type Pictures,
  type Pixels,
  pictureBytes,
  type Unreadable,
} from './data/dataset.js'
export { type HeldOut, holdOut } from './data/hold-out.js'
export { luminanceOf } from './data/luminance-plane.js'
export { matchChannels } from './data/picture/grey.js'
export type { DrawablePicture, Picture, PictureSource, PixelPicture } from './data/picture/picture.js'
export { type Interpolation, interpolations } from './data/picture/resize.js'
export { type Split, splitDataset, splitPictures } from './data/split.js'
export { type TableOptions, type TableRow, type TableRows, tableDataset } from './data/table-dataset.js'
export type { BrowserFiles } from './engine/cpu/wasm-host.browser.js'
export type { ChosenEngine } from './engine/engine.js'
export { encodeNpy } from './formats/npy.js'
export type { PictureOptions, RecogniseOptions } from './formats/recognise.js'
export {
  readSafetensors,
  type SafetensorsFile,
  type SafetensorsTensor,
  writeSafetensors,
} from './formats/safetensors.js'
export type { Preprocessing, Tensor, TrainedNetwork } from './formats/trained-network.js'
export type { Network, RunOptions } from './inference/network.js'
export type { Rectangle } from './inference/picture.js'
export type { Outputs } from './inference/runner.js'
export { type Complexity, complexity } from './model/complexity.js'
export { type DropPathRule, dropPathRules } from './model/drop-path.js'
export { type Freeze, freezeLevels } from './model/freeze.js'
export type { Mode } from './model/layers.js'
export { type SummaryOptions, summary } from './model/summary.js'
export { type Precision, precisions } from './ops/precision.js'
export { type Recompute, recomputeLevels } from './plan/passes/recompute.js'
export {
  cifarBasic,
  cifarBottleneck,
  edsr,
  fullyConnected,
  imagenetBasic,
  imagenetBottleneck,
  plainTwin,
  vdsr,
  vggLike,
} from './spec/checked.js'
export type { BlockOptions, CifarOptions as CifarNetOptions, FamilyOptions, ImagenetOptions } from './spec/families.js'
export { classifierOf, type TaskName, taskNames, taskOf } from './spec/heads/index.js'
export type { FullyConnectedOptions } from './spec/other-families.js'
export type { BlockPath, LayerPath, StagePath } from './spec/paths.js'
export { isPresetName, type PresetName, type PresetOptions, preset, presetNames, presetsFor } from './spec/presets.js'
export { type Published, published } from './spec/published.js'
export type * from './spec/spec.js'
export { appendBlocks, pathAfterRemoval, pathAfterSwap, removeBlock, swapBlocks } from './spec/surgery.js'
export type { EdsrOptions, UpscalingOptions, VdsrOptions } from './spec/upscaling.js'
export { validateSpec } from './spec/validate.js'
export type {
  Axis,
  Bar,
  BarsFigure,
  Dash,
  Figure,
  LinesFigure,
  PicturesFigure,
  PixelMap,
  Point,
  Series,
  Tone,
} from './studies/figure.js'
export { studies } from './studies/index.js'
export { type JudgedClaim, runStudy, type StudyResult } from './studies/run.js'
export { type StudySize, studySizes } from './studies/size.js'
export { type AnyStudy, type Claim, defineStudy, type Row, type Study } from './studies/study.js'
export { all, always, atLeast, atMost, type Finding, notRun, type Verdict, verdicts } from './studies/verdict.js'
export type { Trained, Workbench } from './studies/workbench.js'
export { adviceFor } from './tasks/classify/advice.js'
export type { ClassMatchOptions } from './tasks/classify/class-match.js'
export type { Classifier, ClassifyOptions, ExplainOptions, Prediction } from './tasks/classify/classifier.js'
export type { Explanation } from './tasks/classify/explain.js'
export { drawExplanation } from './tasks/classify/heat-map.js'
export type { Answer, ClassMetrics, Judgement } from './tasks/classify/judgement.js'
export type { ValueMap } from './tasks/classify/maps.js'
export type { ClassifyingEvaluation, ClassifyingScore } from './tasks/classify/scores.js'
export { completeRecipe } from './tasks/complete-recipe.js'
export type { Evaluated } from './tasks/evaluated.js'
export {
  type AnyData,
  type DataFor,
  headsOf,
  type TaskOfData,
  type Tasks,
  taskOfNetwork,
  tasks,
} from './tasks/index.js'
export {
  type DecayRule,
  type DropGranularity,
  decayRules,
  defaultRecipe,
  dropGranularities,
  type LossName,
  lossNames,
  type OptimizerName,
  optimizerNames,
  type Recipe,
  type RecipeOptions,
  type ScheduleName,
  scheduleNames,
} from './tasks/recipe.js'
export type { Task } from './tasks/task.js'
export type {
  BestEpoch,
  DataOf,
  Evaluation,
  NetworkOf,
  PicturesOf,
  Reported,
  Score,
  SumsOf,
  Tested,
  Told,
} from './tasks/types.js'
export { luminanceNormalisation, type UpscalingData } from './tasks/upscale/data.js'
export { forUpscaling } from './tasks/upscale/luminance-planes.js'
export { type Quality, quality } from './tasks/upscale/quality.js'
export { defaultUpscalingRecipe } from './tasks/upscale/recipe.js'
export type { UpscalingEvaluation, UpscalingQuality, UpscalingScore } from './tasks/upscale/scores.js'
export type { UpscaleOptions, Upscaler } from './tasks/upscale/upscaler.js'
export { precisionAdvice } from './train/advice/bf16-gains.js'
export { normalisationAdvice } from './train/advice/normalisation.js'
export { warmUpAdvice } from './train/advice/warm-up.js'
export {
  type Checkpoint,
  decodeAnyCheckpoint,
  decodeCheckpoint,
  type EpochRecord,
  encodeCheckpoint,
  isFor,
  type TrainingProgress,
  type Tuning,
} from './train/checkpoint/checkpoint.js'
export { weightHash } from './train/checkpoint/weight-hash.js'
export type { TrainingResult, TrainListeners } from './train/loop.js'
export type { WarmUp } from './train/schedule/warm-up.js'
export type { StepProgress } from './train/step/progress.js'
export type { PlanBytes, Trainer, TrainingHooks, TriedCheckpoint } from './train/trainer.js'
export { ConfigError, DataError, EngineError, ResnetError, ShapeError, TrainingError } from './util/errors.js'
export { guess, nearest } from './util/nearest.js'
export { sha256 } from './util/sha256.js'
export { textTable } from './util/table.js'
