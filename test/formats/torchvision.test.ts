/**
 * torchvision's own nets with random weights, saved by PyTorch in three formats: the logits are PyTorch's on the addon,
 * on WebAssembly and on the reference, in ONNX Runtime from the exported model, and in PyTorch from the exported
 * safetensors. ResNet-18 by default; `RESNET_TORCHVISION=resnet34,resnet50,…` takes others.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { exportOnnx, exportSafetensors } from '../../src/api/files/export.js'
import { decodeNetwork } from '../../src/api/files/weights.js'
import { openAddon } from '../../src/engine/cpu/addon.node.js'
import { openCpuEngine } from '../../src/engine/cpu/engine.js'
import { openWasm } from '../../src/engine/cpu/wasm.js'
import { nodeHost } from '../../src/engine/cpu/wasm-host.node.js'
import type { Engine } from '../../src/engine/engine.js'
import { openReference } from '../../src/engine/reference/engine.js'
import { readSafetensors } from '../../src/formats/safetensors.js'
import type { TrainedNetwork } from '../../src/formats/trained-network.js'
import { compileGraph } from '../../src/inference/compile.js'
import { writeWeights } from '../../src/inference/weights.js'
import { forwardGraph } from '../../src/model/forward.js'
import { type PresetName, preset } from '../../src/spec/presets.js'
import { onnxRuntime, pythonWith, root, runOnnx, testWhere } from './others.js'

const names = (process.env.RESNET_TORCHVISION ?? 'resnet18').split(',') as PresetName[]
/** Largest error over the largest magnitude. */
const TOLERANCE = 1e-4
const MINUTES = 60_000

const python = pythonWith('torch', 'torchvision')
const testTorch = testWhere(python, 'PyTorch with torchvision')
const runtime = onnxRuntime()
const testOnnx = testWhere(python && runtime, 'PyTorch or onnxruntime-node')

const builds: Readonly<Record<string, () => Promise<Engine>>> = {
  addon: async () => openCpuEngine(await openAddon({ threads: 2 })),
  wasm: async () => openCpuEngine(await openWasm({ threads: 2, host: nodeHost() })),
  reference: async () => openReference(),
}

const error = (got: ArrayLike<number>, wanted: ArrayLike<number>) =>
  Math.max(...Array.from(wanted, (value, i) => Math.abs(value - got[i]!))) / Math.max(...Array.from(wanted, Math.abs))

describe.each(names)('%s', (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'resnet torchvision '))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const read = (suffix: string) => decodeNetwork(readFileSync(join(folder, `${name}.${suffix}`)), `${name}.${suffix}`)
  let network: TrainedNetwork
  let pictures: Float32Array
  let logits: Float32Array

  beforeAll(async () => {
    if (!python) return
    execFileSync(python, ['scripts/make-weights.py', folder, name], { cwd: root, stdio: 'ignore' })
    network = await read('zip.pth')
    const { tensors } = readSafetensors(readFileSync(join(folder, `${name}.answers`)))
    pictures = tensors.get('pictures')!.data as Float32Array
    logits = tensors.get('logits')!.data as Float32Array
  }, 5 * MINUTES)

  testTorch('the same weights in all three formats', async () => {
    expect(network.spec).toEqual(preset(name))
    for (const suffix of ['legacy.pth', 'safetensors']) {
      const { weights } = await read(suffix)
      expect([...weights.keys()]).toEqual([...network.weights.keys()])
      for (const [path, { data }] of network.weights)
        expect(Buffer.compare(bytes(data), bytes(weights.get(path)!.data))).toBe(0)
    }
  })

  for (const [build, open] of Object.entries(builds))
    testTorch(
      `${build}: the logits are PyTorch's`,
      async () => {
        const engine = await open()
        const graph = forwardGraph(network.spec, { batch: 1, mode: 'inference' })
        const executable = await compileGraph(engine, graph)
        writeWeights(
          executable,
          graph.inputs.filter(({ role }) => role !== 'data'),
          network.weights,
          name,
        )
        executable.write('pictures', pictures.subarray(0, pictures.length / 2))
        await executable.run()
        const found = error(await executable.read('logits'), logits.subarray(0, logits.length / 2))
        console.log(`${name} on ${build}: error ${found.toExponential(1)}`)
        expect(found).toBeLessThan(TOLERANCE)
        await executable.dispose()
        await engine.dispose()
      },
      5 * MINUTES,
    )

  testOnnx("ONNX Runtime: the logits are PyTorch's", async () => {
    const found = error(await runOnnx(runtime!, await exportOnnx(network), pictures, [2, 3, 224, 224]), logits)
    console.log(`${name} in ONNX Runtime: error ${found.toExponential(1)}`)
    expect(found).toBeLessThan(TOLERANCE)
  })

  testTorch('PyTorch loads the export, nothing missing and nothing unexpected', async () => {
    writeFileSync(join(folder, 'export.safetensors'), await exportSafetensors(network))
    const program = `
import json, struct, sys, torch, torchvision
bytes = open(sys.argv[1], 'rb').read()
length, = struct.unpack('<Q', bytes[:8])
header = json.loads(bytes[8:8 + length])
assert header.pop('__metadata__')['format'] == 'pt'
part = lambda at: torch.frombuffer(bytearray(bytes[8 + length + at[0]:8 + length + at[1]]), dtype=torch.float32)
weights = {name: part(entry['data_offsets']).reshape(entry['shape']) for name, entry in header.items()}
net = torchvision.models.${name}()
net.load_state_dict(weights)
saved = torch.load(sys.argv[2])
assert all(torch.equal(value, saved[key]) for key, value in net.state_dict().items() if value.dim() > 0)
print('the same')`
    const args = ['-c', program, join(folder, 'export.safetensors'), join(folder, `${name}.zip.pth`)]
    expect(execFileSync(python!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })).toBe('the same\n')
  })
})

function bytes({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
