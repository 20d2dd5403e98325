/** The package in Node: all of the browser's, the native engine, and files. */

export {
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
} from './api/compute.node.js'
export { type DoctorOptions, type DoctorReport, doctor, type PackageHealth } from './api/engines/doctor.node.js'
export type { CheckResult, EngineHealth, ExamineOptions } from './api/engines/doctor-engines.js'
export {
  type MachinePeak,
  measurePeak,
  type Profile,
  type ProfileOptions,
  planBytes,
  profile,
} from './api/engines/profile.node.js'
export { readContents } from './api/files/contents.node.js'
export { exportOnnx, exportSafetensors } from './api/files/export.node.js'
export { expectWritable, readNetwork, writeNetwork } from './api/files/weights.node.js'
export { type ArrayOptions, fashionMnist, mnist } from './data/arrays/mnist.node.js'
export { npz } from './data/arrays/npz.node.js'
export { type CifarOptions, cifar10, cifar100 } from './data/cifar/cifar.node.js'
export { type CifarDownload, cifarAddress, downloadCifar } from './data/cifar/cifar-download.node.js'
export type { DownloadOptions } from './data/cifar/download.node.js'
export { type FindPicturesOptions, findPictures } from './data/folder/find-pictures.node.js'
export { type ImageFolder, type ImageFolderOptions, imageFolder } from './data/folder/image-folder.node.js'
export type { PictureOptions } from './data/folder/load-parts.node.js'
export { type TestFolder, type TestFolderOptions, testFolder } from './data/folder/test-folder.node.js'
export { type DatasetName, datasetNames, type LoadOptions, loadDataset } from './data/load.node.js'
export { type ReadPictureOptions, readPicture, writePicture } from './data/picture/file.node.js'
export { csvDataset, type TableFileOptions } from './data/table-file.node.js'
export type { Peak } from './engine/cpu/peak.js'
export type { PlanPart, ProfiledPlan, TimedPart } from './engine/cpu/profile.js'
export * from './internal.js'
export { readStudyResults, runStudies, type StudyOptions } from './studies/run.node.js'
export { type UpscalingFolderOptions, upscalingFolder } from './tasks/upscale/folder.node.js'
export {
  type MetricsLine,
  RunFolder,
  type RunFolderOptions,
  readAnyCheckpoint,
  readCheckpoint,
} from './train/run/folder.node.js'
export { type CheckpointEvery, type KeeperOptions, type Kept, RunKeeper } from './train/run/keeper.node.js'
export { makeFolder } from './util/files/folder.node.js'
export { writeAtomically } from './util/files/write.node.js'
