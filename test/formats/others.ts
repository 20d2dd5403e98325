/** Programs of others that tests compare with, where they are installed: PyTorch, and ONNX Runtime of the benchmarks. */
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A Python that has these modules; undefined where there is none. */
export function pythonWith(...modules: readonly string[]): string | undefined {
  return ['python3', '/usr/bin/python3'].find((python) => {
    try {
      execFileSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}

interface OrtTensor {
  readonly dims: readonly number[]
  readonly data: Float32Array
}

/** The part of ONNX Runtime's interface that is used here. */
interface OnnxRuntime {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor
  readonly InferenceSession: {
    create(
      model: Uint8Array,
    ): Promise<{ run(inputs: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>; release(): Promise<void> }>
  }
}

export function onnxRuntime(): OnnxRuntime | undefined {
  try {
    return createRequire(new URL('../../bench/package.json', import.meta.url))('onnxruntime-node') as OnnxRuntime
  } catch {
    return undefined
  }
}

/** What a model gives in ONNX Runtime: its one output. */
export async function runOnnx(
  { Tensor, InferenceSession }: OnnxRuntime,
  model: Uint8Array,
  pictures: Float32Array,
  dims: readonly number[],
): Promise<Float32Array> {
  const session = await InferenceSession.create(model)
  const outputs = await session.run({ pictures: new Tensor('float32', pictures, dims) })
  await session.release()
  return Object.values(outputs)[0]!.data
}

/** `test`, or a skip that is printed and counted. */
export function testWhere(present: unknown, what: string): typeof test | typeof test.skip {
  if (present) return test
  console.warn(`${what} is absent, what is compared with it is skipped`)
  return test.skip
}
