/** The table of cases that every engine is held against: each operation over awkward shapes. */
import type { Case } from './case.js'
import { convCases } from './cases/conv2d.js'
import { elementwiseCases } from './cases/elementwise.js'
import { fusedCases } from './cases/fused.js'
import { normCases } from './cases/norm.js'
import { poolCases } from './cases/pool.js'

export const cases: readonly Case[] = [...convCases, ...normCases, ...poolCases, ...elementwiseCases, ...fusedCases]
