/** The web worker that holds the library: whatever it does, the page stays free. */
import * as library from 'resnet.ts'
import type { Question } from './protocol.js'
import { serve } from './serve.js'
import { createService } from './service.js'

const { take } = serve(createService(library), (answer) => postMessage(answer))
addEventListener('message', ({ data }: MessageEvent<Question>) => take(data))
