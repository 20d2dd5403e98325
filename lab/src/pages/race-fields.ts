/** The fields of a race in the address. */
import type { RaceSettings } from '../compute/race.js'
import { choice, type Fields, hash, number } from '../state/fields.js'

export const depths = [8, 14, 20, 32, 44, 56, 74, 110] as const
export const widths = [8, 16, 32] as const
export const rates = [0.01, 0.025, 0.05, 0.1, 0.2] as const

export const raceFields: Fields<RaceSettings> = {
  depth: choice<number>(44, depths),
  width: choice<number>(16, widths),
  size: choice<16 | 32>(16, [16, 32]),
  lr: choice<number>(0.05, rates),
  batchSize: choice<number>(32, [16, 32, 64, 128]),
  steps: choice<number>(400, [200, 400, 800, 1600]),
  weightDecay: choice<number>(0.0001, [0, 0.0001, 0.0005, 0.002]),
  seed: number(0, 0, 9999),
  data: hash,
}
