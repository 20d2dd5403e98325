/** `--checkpoint-every`: how often a training is saved within an epoch. It is always saved at the end of an epoch. */
import { InvalidArgumentError, Option } from 'commander'
import type { CheckpointEvery } from '../../internal.node.js'

/** `60s` or `500`: seconds or steps. */
export function parseCheckpointEvery(text: string): CheckpointEvery {
  const match = /^(\d+(?:\.\d+)?)(s?)$/.exec(text.trim())
  const count = Number(match?.[1])
  const seconds = match?.[2] === 's'
  if (!(count > 0) || (!seconds && !Number.isSafeInteger(count)))
    throw new InvalidArgumentError('Expected a number of steps, as 500, or of seconds, as 60s.')
  return seconds ? { seconds: count } : { steps: count }
}

export function checkpointOption(): Option {
  return new Option(
    '--checkpoint-every <steps|seconds>',
    'save every 500 (steps) or 60s (seconds), and after each epoch (default: 60s)',
  ).argParser(parseCheckpointEvery)
}
