/**
 * Kinds of files by their first bytes, for errors: a file that is not the wanted one is told by name, with a remedy.
 * Every reader of foreign files may ask; names of files say nothing.
 */

/** A kind of file that is no picture. */
export interface StrangeFile {
  /** With its article: `a pointer of git LFS`. */
  readonly what: string
  /** The remedy, for somebody who wanted the content of the file. */
  readonly remedy: string
}

const file = (what: string, remedy: string): StrangeFile => ({ what, remedy })
const UNPACK = 'unpack it first'
const WEIGHTS = 'name it where weights are wanted'

/** First bytes, as text with one letter per byte. */
const starts: readonly (readonly [string, StrangeFile])[] = [
  ['version https://git-lfs', file('a pointer of git LFS in place of the file', 'fetch the file itself: git lfs pull')],
  ['\x1f\x8b', file('a gzip archive', UNPACK)],
  ['BZh', file('a bzip2 archive', UNPACK)],
  ['\xfd7zXZ\0', file('an xz archive', UNPACK)],
  ['\x28\xb5\x2f\xfd', file('a zstd archive', UNPACK)],
  ['7z\xbc\xaf\x27\x1c', file('a 7-Zip archive', UNPACK)],
  ['Rar!\x1a\x07', file('a RAR archive', UNPACK)],
  [
    '\x89HDF\r\n\x1a\n',
    file(
      'an HDF5 file, such as Keras and MATLAB save',
      'save its arrays in another format: weights as safetensors, data as .npz',
    ),
  ],
  [
    '\x93NUMPY',
    file('an array of NumPy', 'save arrays together: numpy.savez(path, train_images=..., train_labels=...)'),
  ],
  [
    'MATLAB 5.0 MAT-file',
    file('a file of MATLAB', 'save its arrays in another format: weights as safetensors, data as .npz'),
  ],
  ['PAR1', file('a Parquet table', 'save it as CSV, or its pictures as a folder for each class')],
  ['ARROW1', file('an Arrow table', 'save it as CSV, or its pictures as a folder for each class')],
  ['SQLite format 3\0', file('an SQLite database', 'save its table as CSV')],
  ['%PDF-', file('a PDF document', 'name the file itself')],
]

/** Names of entries that tell what a zip archive holds; the first that is found counts. */
const entries: readonly (readonly [string, StrangeFile])[] = [
  ['/code/__torch__', file('a TorchScript network', `save its weights: torch.save(model.state_dict(), path)`)],
  ['/constants.pkl', file('a TorchScript network', `save its weights: torch.save(model.state_dict(), path)`)],
  ['/data.pkl', file('a file of PyTorch', WEIGHTS)],
  ['model.weights.h5', file('a Keras network', 'save its weights as safetensors')],
  ['.npy', file('an archive of NumPy arrays (.npz)', 'name it as data: --dataset npz')],
]

const [LOOKED_AT, TAIL] = [4096, 1 << 16]

/** The kind of a file that is no picture and no plain text; undefined if it is not known. */
export function strangeFile(bytes: Uint8Array): StrangeFile | undefined {
  const start = latin(bytes, 0, LOOKED_AT)
  const known = starts.find(([magic]) => start.startsWith(magic))?.[1]
  if (known) return known
  if (start.startsWith('PK\x03\x04') || start.startsWith('PK\x05\x06')) {
    const names = start + latin(bytes, Math.max(0, bytes.length - TAIL), bytes.length)
    return entries.find(([name]) => names.includes(name))?.[1] ?? file('a zip archive', UNPACK)
  }
  if (start.slice(257, 262) === 'ustar') return file('a tar archive', UNPACK)
  if (start.slice(4, 8) === 'TFL3')
    return file('a TensorFlow Lite network', 'save the weights of the network as safetensors')
  if (start[0] === '\x80' && start.charCodeAt(1) >= 2 && start.charCodeAt(1) <= 5)
    return file('a pickle of Python, such as torch.save writes', WEIGHTS)
  if (start.slice(5, 9).startsWith('\0\0\0{') || /^[\s\S]{6}\0\0\{"/.test(start))
    return file('a safetensors file', WEIGHTS)
  return protobuf(start) ?? page(start)
}

/** Models of ONNX begin with the version of their format and a producer, networks of TensorFlow with a version 1. */
function protobuf(start: string): StrangeFile | undefined {
  const [first = 0, second = 0, third = 0] = Array.from(start.slice(0, 3), (letter) => letter.charCodeAt(0))
  if (first !== 8) return undefined
  if (second >= 3 && second < 32 && (third === 0x12 || third === 0x3a))
    return file('an ONNX network', 'save the weights of the network as safetensors')
  if (second === 1 && third === 0x12)
    return file('a network of TensorFlow (SavedModel)', 'save the weights of the network as safetensors')
  return undefined
}

function page(start: string): StrangeFile | undefined {
  const text = start.replace(/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '').replaceAll('\0', '')
  if (!/^\s*</.test(text)) return undefined
  return /<(!doctype html|html)/i.test(text)
    ? file('a web page (HTML), such as a server sends in place of a file', 'download the file itself')
    : undefined
}

function latin(bytes: Uint8Array, from: number, to: number): string {
  return Array.from(bytes.subarray(from, to), (byte) => String.fromCharCode(byte)).join('')
}
