/** Exports that go to a file at once. */
import type { TrainedNetwork } from '../../formats/trained-network.js'
import { expectKind, name, optional } from '../../util/expect.js'
import { writeAtomically } from '../../util/files/write.node.js'
import { type ExportOptions, exportOnnx as onnxBytes, exportSafetensors as safetensorsBytes } from './export.js'

/** Encodes a network, and writes it where a path is given; an older file is replaced in one move. */
export type Export = (network: TrainedNetwork, path?: string, options?: ExportOptions) => Promise<Uint8Array>

/**
 * A network as an ONNX model, in a file or as bytes: see the function of this name for browsers.
 * @param path of the file, for example `net.onnx`; left out, nothing is written
 * @throws ConfigError when a layer has no counterpart in ONNX; DataError when weights or preprocessing do not fit the
 * spec, or the file cannot be written
 */
export const exportOnnx: Export = (network, path, options) =>
  written(onnxBytes, 'exportOnnx: path', network, path, options)

/**
 * A network as safetensors with torchvision's names, in a file or as bytes: see the function of this name for browsers.
 * @param path of the file, for example `net.safetensors`; left out, nothing is written
 * @throws DataError when weights or preprocessing do not fit the spec, or the file cannot be written
 */
export const exportSafetensors: Export = (network, path, options) =>
  written(safetensorsBytes, 'exportSafetensors: path', network, path, options)

async function written(
  encode: typeof onnxBytes,
  who: string,
  network: TrainedNetwork,
  path: string | undefined,
  options: ExportOptions | undefined,
): Promise<Uint8Array> {
  expectKind(path, who, optional(name))
  const bytes = await encode(network, options)
  if (path !== undefined) await writeAtomically(path, bytes)
  return bytes
}
