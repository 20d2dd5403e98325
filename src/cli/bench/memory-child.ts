/**
 * Takes three training steps in a process of its own and prints the most memory that the process held:
 *
 *     node dist/cli/bench/memory-child.js PRESET BATCH ENGINE THREADS
 */
import { readFileSync } from 'node:fs'
import { type EngineName, type PresetName, preset } from '../../internal.node.js'
import { openTraining } from './ours.js'

const [net, batch, engine, threads] = process.argv.slice(2) as [PresetName, string, EngineName, string]
const training = await openTraining(preset(net), Number(batch), { engine, threads: Number(threads) })
await training.run(3)
process.stdout.write(`${JSON.stringify({ bytes: peakMemory(), version: training.version })}\n`)
await training.close()

/** VmHWM, or the count of the system if it has none. */
function peakMemory(): number {
  try {
    return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1])
  } catch {
    return 1024 * process.resourceUsage().maxRSS
  }
}
