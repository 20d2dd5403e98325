/** Honest inputs of every kind, made by code: what the fuzzer starts from. */
import { gzipSync } from 'node:zlib'
import { untrainedWeights } from '../../src/api/network/untrained.js'
import { keyMaps, namedParameters } from '../../src/formats/names/key-maps.js'
import { encodePortable } from '../../src/formats/portable.js'
import { type SafetensorsTensor, writeSafetensors } from '../../src/formats/safetensors.js'
import type { TrainedNetwork } from '../../src/formats/trained-network.js'
import { cifarBasic, imagenetBasic } from '../../src/spec/families.js'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import { type Checkpoint, encodeCheckpoint } from '../../src/train/checkpoint/checkpoint.js'
import { cifarPython, idx, npy, npz, ramp } from '../data/arrays/make-arrays.js'
import { records, tar, tinyCifar10 } from '../data/cifar/make-cifar.js'
import { bmp } from '../data/picture/make-bmp.js'
import { op, pickle, zip } from '../formats/make-pickle.js'

export const small = cifarBasic({
  depth: 8,
  widths: [2, 3, 4],
  classes: 2,
  input: { channels: 3, height: 8, width: 8 },
})
const network: TrainedNetwork = untrainedWeights(small)

/** Weights with the names of others. */
const named = namedParameters(small, keyMaps.akamaster).map(({ path, name }) => ({
  name,
  tensor: network.weights.get(path) as SafetensorsTensor,
}))

export const recipe = completeRecipe({
  batchSize: 8,
  epochs: 3,
  schedule: 'step',
  milestones: [1, 2],
  augmentation: { pad: 0, flip: true, resizedCrop: { scale: [0.3, 1], ratio: [0.75, 1.25] } },
})

const checkpoint: Checkpoint = {
  ...network,
  recipe,
  data: { name: 'tiny', train: 26, test: 9 },
  progress: {
    step: 6,
    running: { loss: 0, wrong: 0, count: 0 },
    best: { epoch: 2, top1Error: 40 },
    history: [1, 2].map((epoch) => ({
      epoch,
      step: 3 * epoch,
      lr: 0.1,
      train: { loss: 1, top1Error: 50 },
      test: { loss: 1, top1Error: 40 },
    })),
  },
  engine: 'reference',
  optimizer: new Map([...network.weights].slice(0, 4).map(([path, weights]) => [`velocity/${path}`, weights])),
  tuning: { freeze: 'stem', views: 2 },
}

export const preprocessing = { ...network.preprocessing, resize: { height: 10, width: 10 }, interpolation: 'bicubic' }
export const checkpointFile = encodeCheckpoint(checkpoint)
export const safetensorsFiles = [
  encodePortable({ ...network, spec: { ...small } }),
  writeSafetensors({ tensors: new Map(named.map(({ name, tensor }) => [name, tensor])), metadata: { format: 'pt' } }),
]

const storageKey = (index: number) => op.text(String(index))

/** The opcodes of a tensor over a storage of its own, as `torch.save` writes them. */
function tensorOpcodes({ shape, data }: SafetensorsTensor, index: number, legacy: boolean): Uint8Array[] {
  const int = (value: number) => {
    const bytes = Buffer.from('J\0\0\0\0', 'latin1')
    bytes.writeInt32LE(value, 1)
    return bytes
  }
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  return [
    op.global('torch._utils', '_rebuild_tensor_v2'),
    op.bytes('(('),
    op.text('storage'),
    op.global('torch', 'FloatStorage'),
    storageKey(index),
    op.text('cpu'),
    int(data.length),
    ...(legacy ? [op.bytes('N')] : []),
    op.bytes('tQ'),
    op.bytes('K\0('),
    ...shape.map(int),
    op.bytes('t('),
    ...strides.map(int),
    op.bytes('t'),
    op.bytes('\x89'),
    op.global('collections', 'OrderedDict'),
    op.bytes(')R'),
    op.bytes('tR'),
  ]
}

/** The opcodes of a dictionary of weights, one a part. */
export function stateDictOpcodes(legacy = false): Uint8Array[] {
  return [
    op.bytes('\x80\x02'),
    op.global('collections', 'OrderedDict'),
    op.bytes(')R'),
    op.bytes('q\0'),
    op.bytes('('),
    ...named.flatMap(({ name, tensor }, index) => [op.text(name), ...tensorOpcodes(tensor, index, legacy)]),
    op.bytes('u'),
    op.bytes('.'),
  ]
}

/** Opcodes that an attacker would add. */
export const opcodes = [
  ...[
    '(',
    ')',
    ']',
    '}',
    'N',
    '0',
    't',
    'l',
    'd',
    'u',
    'e',
    'a',
    's',
    'R',
    'b',
    'Q',
    '\x85',
    '\x86',
    '\x87',
    '\x88',
    '\x81',
    '\x92',
    '\x8f',
    '\x90',
    '\x91',
    'o',
    '2',
    '.',
  ],
  ...['h\0', 'q\x01', 'h\x01', '\x94', 'K\x01', 'M\xff\xff', 'J\xff\xff\xff\x7f', 'G\x7f\xf0\0\0\0\0\0\0', '\x8a\xff'],
  ...[
    'j\xff\xff\xff\xff',
    'r\xff\xff\xff\xff',
    'X\xff\xff\xff\xff',
    'B\0\0\0\x7f',
    '\x8d\xff\xff\xff\xff\xff\xff\xff\x7f',
  ],
  ...[
    'i',
    'o',
    'P',
    '\x81',
    '\x92',
    '\x97',
    '\x95\0\0\0\0\0\0\0\0',
    '\x8a\x08\0\0\0\0\0\0\0\x80',
    'h\0h\0\x86',
    'h\0h\0R',
  ],
  ...['cos\nsystem\n', 'ctorch\nFloatStorage\n', 'ccollections\nOrderedDict\n', 'ctorch._utils\n_rebuild_tensor_v2\n'],
  ...['(K\x01K\x02\x86lq\x01', 'ccollections\nOrderedDict\nh\x01\x85R', 'ctorch\nSize\n', ']h\x01a', ']q\x01h\x01a'],
].map((text) => op.bytes(text))

export const storageEntries = named.map(({ tensor: { data } }, index) => ({
  name: `a/data/${index}`,
  data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
}))

/** A zip archive around a pickle, as `torch.save` writes it. */
export const inZip = (data: Uint8Array, deflate = false) =>
  zip([{ name: 'a/data.pkl', data, deflate }, ...storageEntries.map((entry) => ({ ...entry, deflate }))])

const before = [
  Buffer.concat([op.bytes('\x80\x02\x8a\x0a'), Buffer.from('6cfc9c46f9206aa85019', 'hex'), op.bytes('.')]),
  pickle(op.bytes('M\xe9\x03')),
  pickle(op.bytes('}('), op.text('little_endian'), op.bytes('\x88u')),
]
const after = [
  pickle(op.bytes('('), ...storageEntries.map((_, index) => storageKey(index)), op.bytes('l')),
  ...storageEntries.flatMap(({ data }) => {
    const count = Buffer.alloc(8)
    count.writeBigInt64LE(BigInt(data.length / 4))
    return [count, data]
  }),
]

/** The form of PyTorch before 1.6 around the opcodes of a pickle. */
export const inLegacy = (parts: readonly Uint8Array[]) => Buffer.concat([...before, ...parts, ...after])

export const archives = [
  zip([
    { name: 'one', data: Buffer.from('one') },
    { name: 'two', data: new Uint8Array(5000).fill(7), deflate: true },
    { name: 'three', data: new Uint8Array(0), deflate: true },
  ]),
  inZip(Buffer.concat(stateDictOpcodes())),
]

export const tars = [
  tar({ 'a/': new Uint8Array(0), 'a/one': new Uint8Array(700).fill(1), 'a/two': new Uint8Array(512).fill(2) }),
  tar(tinyCifar10),
]
export const cifarFiles = [
  records([[1], [2], [3]], 1),
  records(
    [
      [1, 2],
      [3, 4],
    ],
    2,
  ),
]
export const cifarArchives = tars.map((bytes) => gzipSync(bytes, { level: 1 }))

export const cifarPythonFiles = [cifarPython([1, 2], new Uint8Array(6144).fill(9))]
export const idxFiles = [idx([3, 2, 2], ramp(12)), idx([3], [1, 2, 3])]
export const npyFiles = [npy([2, 3], ramp(6)), npy([2], [1, 2], '<i8')]
export const npzFiles = [false, true].map((deflate) =>
  npz({ train_images: npy([5, 2, 2], ramp(20)), train_labels: npy([5], [0, 1, 0, 1, 0]) }, deflate),
)
const utf8 = (text: string) => new TextEncoder().encode(text)
export const tableFiles = ['a,b,kind\n1,2.5,x\n"3",4e1,"y ""z"" "\n', 'a;b\r\n1;2\r\n'].map(utf8)
export const labelLists = [
  'file,label\na.png,cat\nb.png,dog\nc.png,cat\n',
  'a.png\tcat\t1\nb.png\tdog\t2\n',
  '{"file_name":"a.png","label":"cat"}\n{"file_name":"b.png","label":"dog"}\n',
  'a.png cat\nb.png dog\n',
].map(utf8)
const palette = ramp(64, 3)
export const bmpFiles = [
  bmp({ width: 4, height: 2, bits: 24, body: ramp(24) }),
  bmp({ width: 4, height: -2, bits: 8, palette, body: ramp(8, 1) }),
  bmp({ width: 4, height: 2, bits: 1, palette: palette.slice(0, 8), body: ramp(8) }),
  bmp({ width: 4, height: 2, bits: 8, coding: 1, palette, body: [2, 1, 0, 0, 0, 3, 2, 1, 0, 0, 1, 3, 0, 1] }),
  bmp({ width: 2, height: 1, bits: 32, coding: 6, masks: [0xff, 0xff00, 0xff0000, 0xff000000], body: ramp(8) }),
]
export const netpbmFiles = [
  'P1\n3 2\n010 1\n1 0',
  'P2\n#x\n2 1\n9\n0\n9',
  'P3\n1 1 255\n1 2 3',
  'P4\n9 1\n\x01\x02',
  'P5\n2 1\n65535\n1234',
  'P6\n1 2\n255\n123456',
].map(utf8)

/** Pictures of every format that is read. */
export async function pictures(): Promise<Uint8Array[]> {
  const { default: sharp } = await import('sharp')
  const [width, height] = [20, 14]
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37) % 256)
  const image = () => sharp(pixels, { raw: { width, height, channels: 3 } })
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="14"><rect width="9" height="9" fill="red"/></svg>'
  return [
    await image().png().toBuffer(),
    await image().png({ palette: true }).toBuffer(),
    await image().jpeg().toBuffer(),
    await image()
      .jpeg({ progressive: true })
      .withExif({ IFD0: { Copyright: 'x' } })
      .toBuffer(),
    await image().webp().toBuffer(),
    await image().webp({ lossless: true }).toBuffer(),
    await image().gif().toBuffer(),
    await image().tiff().toBuffer(),
    await image().tiff({ compression: 'lzw' }).toBuffer(),
    await image().toColourspace('rgb16').png().toBuffer(),
    Buffer.from(svg),
  ]
}

export const hubConfig = {
  architecture: 'resnet18',
  num_classes: 3,
  label_names: ['n1', 'n2', 'dog'],
  label_descriptions: { n1: 'cat, of a house', n2: 'bird' },
  pretrained_cfg: {
    mean: [0.5, 0.5, 0.5],
    std: [0.2, 0.2, 0.2],
    input_size: [3, 224, 224],
    crop_pct: 0.875,
    interpolation: 'bicubic',
  },
}

export const specs = [small, imagenetBasic({ depth: 18, classes: 5 }), cifarBasic({ depth: 14, order: 'pre' })] as const

export const metrics = checkpoint.progress.history.map((line) => `${JSON.stringify(line)}\n`).join('')
export const progress = checkpoint.progress
