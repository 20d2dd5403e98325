/** All studies, in the order in which they are listed and run. */
import { degradation } from './degradation.js'
import type { AnyStudy } from './study.js'

/** All studies there are. */
export const studies: readonly AnyStudy[] = [degradation]
