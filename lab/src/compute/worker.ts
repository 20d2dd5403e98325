/** The web worker that holds the library, so that the page stays responsive. */
import * as library from '../../../src/internal.js'
import type { Answer, Question } from './protocol.js'
import type { SavedRace } from './race.js'
import { serve } from './serve.js'
import { createService } from './service.js'

/** Checkpoints of races are made for the page alone and may be large, so they are moved, not copied. */
function handedOver(answer: Answer): Transferable[] {
  if (answer.kind !== 'result') return []
  const { checkpoints } = (answer.result ?? {}) as Partial<SavedRace>
  return checkpoints ? Object.values(checkpoints).map(({ buffer }) => buffer as ArrayBuffer) : []
}

const { take } = serve(createService(library), (answer) => postMessage(answer, { transfer: handedOver(answer) }))
addEventListener('message', ({ data }: MessageEvent<Question>) => take(data))
