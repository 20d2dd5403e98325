/** The blocks of anybody's network. Pages that only name a network do without this check. */
import { expectFields, isRecord, kind, listOf, object } from '../util/expect.js'
import { type PlacedBlock, placedBlocks } from './blocks.js'
import type { NetworkSpec } from './spec.js'

const kinds = {
  input: object,
  stem: listOf(object, 'a list of layers'),
  stages: kind('a list of stages, each with a list of blocks', (stages) => {
    return Array.isArray(stages) && stages.every((stage) => isRecord(stage) && Array.isArray(stage.blocks))
  }),
}

/** All blocks in order, with the facts that follow from their places. @throws ConfigError for anything but a spec */
export function checkedBlocks(spec: NetworkSpec): PlacedBlock[] {
  expectFields(spec, 'placedBlocks: spec', 'a network, such as preset() gives', kinds)
  return placedBlocks(spec)
}
