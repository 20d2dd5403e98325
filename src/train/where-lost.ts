/**
 * Finds where a training step lost its numbers. A step whose loss is not a number updates nothing, so it can run again.
 */
import type { Engine } from '../engine/engine.js'
import { allFinite, firstNotFinite } from '../inference/finite.js'
import { firstLayer, found, PICTURES } from '../inference/lost-numbers.js'
import type { LayerPath } from '../spec/paths.js'
import { type ProbeState, tapForward } from './probe.js'

/** Names the first place of a training step that held no finite number, in words. */
export async function whereLost(engine: Engine, state: ProbeState): Promise<string> {
  if (!allFinite(state.inputs.pictures)) return PICTURES
  const parameters = [...state.weights].filter(([path]) => !isStatistic(path))
  const weight = firstNotFinite(new Map(parameters))
  if (weight) return `${weight.name} had become ${weight.value}: the gradient of an earlier step overflowed`
  const tap = (taps: readonly LayerPath[]) => tapForward(engine, state, taps)
  return found(() => firstLayer(state.spec, tap, state.heads), 'all layers still gave numbers: the loss overflowed')
}

const isStatistic = (path: string) => /\.(mean|variance)$/.test(path)
