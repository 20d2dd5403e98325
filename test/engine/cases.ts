/** The table of cases that every engine is held against: each operation over awkward shapes. */
import type { Case } from './case.js'
import { arithmeticCases } from './cases/arithmetic.js'
import { convCases } from './cases/conv2d.js'
import { elementwiseCases } from './cases/elementwise.js'
import { fusedCases } from './cases/fused.js'
import { normCases } from './cases/norm.js'
import { poolCases } from './cases/pool.js'
import { rearrangeCases } from './cases/rearrange.js'
import { updateCases } from './cases/update.js'

export const cases: readonly Case[] = [
  ...convCases,
  ...normCases,
  ...poolCases,
  ...elementwiseCases,
  ...arithmeticCases,
  ...rearrangeCases,
  ...updateCases,
  ...fusedCases,
]
