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
  train,
  trainingMemory,
  untrained,
} from './api/compute.node.js'
export { type DoctorOptions, type DoctorReport, doctor, type PackageHealth } from './api/engines/doctor.node.js'
export type { CheckResult, EngineHealth, ExamineOptions } from './api/engines/doctor-engines.js'
export { type MachinePeak, type Profile, type ProfileOptions, profile } from './api/engines/profile.node.js'
export { exportOnnx, exportSafetensors } from './api/files/export.node.js'
export { type CifarOptions, cifar10, cifar100 } from './data/cifar/cifar.node.js'
export { type CifarDownload, downloadCifar } from './data/cifar/cifar-download.node.js'
export type { DownloadOptions } from './data/cifar/download.node.js'
export type { FindPicturesOptions } from './data/folder/find-pictures.node.js'
export { type ImageFolder, type ImageFolderOptions, imageFolder } from './data/folder/image-folder.node.js'
export type { PictureOptions } from './data/folder/load-parts.node.js'
export type { TestFolder, TestFolderOptions } from './data/folder/test-folder.node.js'
export { type DatasetName, type LoadOptions, loadDataset } from './data/load.node.js'
export { type ReadPictureOptions, readPicture, writePicture } from './data/picture/file.node.js'
export type { Peak } from './engine/cpu/peak.js'
export type { PlanPart, ProfiledPlan, TimedPart } from './engine/cpu/profile.js'
export * from './index.js'
export { type UpscalingFolderOptions, upscalingFolder } from './tasks/upscale/folder.node.js'
