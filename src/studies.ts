/** The entry for people who study networks: the papers' claims, measurements inside nets, and lesions. */

export { runDemo } from './api/browser.js'
export { arrangeBlocks } from './api/network/arrange.js'
export { withoutBlock, withSwappedBlocks } from './api/network/surgery.js'
export type { DemoCurve, DemoNet, DemoOptions, DemoPoint, DemoResult } from './api/training/demo.js'
export { vggLike } from './spec/checked.js'
export type { FamilyOptions } from './spec/families.js'
export type { BlockPath, LayerPath, StagePath } from './spec/paths.js'
export { type Published, published } from './spec/published.js'
export { appendBlocks, pathAfterRemoval, pathAfterSwap, removeBlock, swapBlocks } from './spec/surgery.js'
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
