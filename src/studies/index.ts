/** All studies, in the order of lists and runs. */
import { activations } from './activations.js'
import { construction } from './construction.js'
import { decay } from './decay.js'
import { degradation } from './degradation.js'
import { dense } from './dense.js'
import { depth } from './depth.js'
import { dimensions } from './dimensions.js'
import { downsampling } from './downsampling.js'
import { identity } from './identity.js'
import { jump } from './jump.js'
import { lesion } from './lesion.js'
import { paths } from './paths.js'
import { propagation } from './propagation.js'
import { reorder } from './reorder.js'
import { responses } from './responses.js'
import { shortcuts } from './shortcuts.js'
import { signal } from './signal.js'
import type { AnyStudy } from './study.js'
import { superresolution } from './superresolution.js'
import { vanishing } from './vanishing.js'

/** All studies. */
export const studies: readonly AnyStudy[] = [
  degradation,
  identity,
  construction,
  dimensions,
  shortcuts,
  activations,
  depth,
  propagation,
  vanishing,
  signal,
  responses,
  paths,
  lesion,
  reorder,
  decay,
  dense,
  jump,
  superresolution,
  downsampling,
]
