/**
 * Every reader of what people bring, one a row: how an input is made, and how it is read. `scripts/trials/fuzz.mjs` runs them
 * many times, a test a few. A reader may give a value or end in one of the errors of this package; anything else is a
 * fault. Nothing here reads ONNX: it is written only.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { decode, encode } from '../../lab/src/compute/wire-format.js'
import { decodeNetwork } from '../../src/api/files/weights.js'
import { parseIdx } from '../../src/data/arrays/idx.js'
import { parseNpy } from '../../src/data/arrays/npy.js'
import { parseNpz } from '../../src/data/arrays/npz.node.js'
import { cifar10Layout, cifar100Layout, parseCifar, parseClassNames } from '../../src/data/cifar/cifar.js'
import { cifar10 } from '../../src/data/cifar/cifar.node.js'
import { parseCifarPython } from '../../src/data/cifar/python.js'
import { readLabelList } from '../../src/data/folder/label-list.js'
import { openPack, PackWriter, readPixels } from '../../src/data/folder/pack.node.js'
import { listFolder } from '../../src/data/folder/picture-files.node.js'
import { luminanceOf } from '../../src/data/luminance-plane.js'
import { decodePicture, shorterSide } from '../../src/data/picture/decode.node.js'
import { decodeBytes, readPicture } from '../../src/data/picture/file.node.js'
import { openOwn } from '../../src/data/picture/own.js'
import { parseTable } from '../../src/data/table-file.node.js'
import { addonVariants, openAddon } from '../../src/engine/cpu/addon.node.js'
import { openCpuEngine } from '../../src/engine/cpu/engine.js'
import { openWasm } from '../../src/engine/cpu/wasm.js'
import { nodeHost } from '../../src/engine/cpu/wasm-host.node.js'
import type { Engine } from '../../src/engine/engine.js'
import { settingsOf } from '../../src/formats/hub.js'
import { entriesOf } from '../../src/formats/pytorch/entries.js'
import { openPyTorch } from '../../src/formats/pytorch/saved-file.js'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js'
import { checkPreprocessing, type Preprocessing } from '../../src/formats/trained-network.js'
import { forwardGraph } from '../../src/model/forward.js'
import { validateSpec } from '../../src/spec/validate.js'
import { readStudyResults } from '../../src/studies/run.node.js'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import type { RecipeOptions } from '../../src/tasks/recipe.js'
import { RunFolder } from '../../src/train/run/folder.node.js'
import { readTar } from '../../src/util/archive/tar.js'
import { readZip } from '../../src/util/archive/zip.js'
import { Budget } from '../../src/util/budget.js'
import { parseJson } from '../../src/util/json.js'
import { Random } from '../../src/util/random.js'
import { mutatedBytes, mutatedJson, mutatedParts, pick } from './mutate.js'
import * as seeds from './seeds.js'
import { ending, hostileSpec } from './specs.js'

/** Opened for the first spec: each build of the addon, and WebAssembly. */
let engines: Promise<Engine[]> | undefined

function openEngines(): Promise<Engine[]> {
  return Promise.all([
    ...addonVariants().map(async (variant) => openCpuEngine(await openAddon({ threads: 1, variant }))),
    openWasm({ threads: 1, host: nodeHost() }).then((backend) => openCpuEngine(backend)),
  ])
}

/** A way in. */
export interface Reader {
  readonly name: string
  /** The bytes of an input. */
  readonly make: (random: Random) => Uint8Array | Promise<Uint8Array>
  /** Ends in a value, or in an error that people can read. */
  readonly read: (bytes: Uint8Array) => unknown
  /** Errors beside those of the package that its callers expect. */
  readonly expects?: (error: unknown) => boolean
  /** Whether its messages may hold names of the disk as they are: these are cleaned where they are printed. */
  readonly namesOfDisk?: boolean
  /** Of inputs that are asked for: where the disk or a decoder is slow. Default 1. */
  readonly share?: number
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytesOf = (value: string) => new TextEncoder().encode(value)
const json = (bytes: Uint8Array) => parseJson(text(bytes), new Budget('x'))

/** A folder that is empty each time. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'resnet-fuzz-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A safetensors file whose header says something else, of the right length. */
function otherHeader(random: Random, file: Uint8Array): Uint8Array {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  const header = bytesOf(mutatedJson(random, JSON.parse(text(file.subarray(8, 8 + length)))))
  const size = new Uint8Array(8)
  new DataView(size.buffer).setBigUint64(0, BigInt(header.length), true)
  return Buffer.concat([size, header, file.subarray(8 + length)])
}

/** A checkpoint, or an export, one of whose fields says something else. */
function otherField(random: Random, file: Uint8Array): Uint8Array {
  const { tensors, metadata } = readSafetensors(file)
  const field = pick(random, Object.keys(metadata))
  const value = metadata[field]!
  const changed = value.startsWith('{')
    ? mutatedJson(random, JSON.parse(value))
    : text(mutatedBytes(random, [bytesOf(value)]))
  return writeSafetensors({ tensors, metadata: { ...metadata, checksum: 'unchecked', [field]: changed } })
}

const wellFormed = (random: Random, file: Uint8Array) =>
  (random.below(2) === 0 ? otherHeader : otherField)(random, file)
const opcodeParts = (random: Random, legacy: boolean) =>
  mutatedParts(random, seeds.stateDictOpcodes(legacy), seeds.opcodes)

/** All weights that a file holds are decoded. */
async function network(bytes: Uint8Array): Promise<void> {
  const { weights } = await decodeNetwork(bytes, 'x')
  for (const { shape, data } of weights.values())
    if (data.length !== shape.reduce((a, b) => a * b, 1)) throw new Error('a tensor does not fill its shape')
}

/** A header of a tar archive with other fields, its check sum right again. */
function otherTar(random: Random): Uint8Array {
  const bytes = Buffer.from(pick(random, seeds.tars))
  for (let n = 1 + random.below(3); n > 0; n--) {
    const header = bytes.subarray(512 * random.below(6)).subarray(0, 512)
    const field = pick(random, [0, 100, 124, 136, 156, 257, 345])
    header.write(
      pick(random, ['77777777777', '00000000000', '-1', '99999999', '\0\0', 'ustar', '../../x', '1e9', '\x80\0\0']),
      field,
      'latin1',
    )
    header.write('        ', 148)
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
  }
  return random.below(2) === 0 ? bytes : mutatedBytes(random, [bytes])
}

/** Paths of a folder of pictures, one a line; those that end in a slash are folders. */
function folderList(random: Random): string {
  const names = [
    'train',
    'val',
    'test',
    'Train',
    'cat',
    'dog',
    '.hidden',
    'a.jpg',
    'b.PNG',
    '0.png',
    '@eaDir',
    'ünïcode',
    'a b',
    '\u001b[2J',
    '\u202ex',
    'x'.repeat(200),
  ]
  const path = () => Array.from({ length: 1 + random.below(4) }, () => pick(random, names)).join('/')
  return Array.from(
    { length: 1 + random.below(12) },
    () => `${path()}${pick(random, ['/', '', '/1.jpg', '/2.png'])}`,
  ).join('\n')
}

async function makeTree(folder: string, list: string): Promise<void> {
  for (const path of list.split('\n')) {
    const place = join(folder, path)
    await (path.endsWith('/')
      ? mkdir(place, { recursive: true })
      : mkdir(join(place, '..'), { recursive: true }).then(() => writeFile(place, 'x'))
    ).catch(() => {}) // a file stands where a folder is wanted
  }
}

let cachedPictures: Promise<Uint8Array[]> | undefined
const pictures = () => (cachedPictures ??= seeds.pictures())
const otherPicture = async (random: Random) => mutatedBytes(random, await pictures())

const asJson = (random: Random, values: readonly unknown[]) =>
  random.below(4) === 0
    ? mutatedBytes(
        random,
        values.map((value) => bytesOf(JSON.stringify(value))),
      )
    : bytesOf(mutatedJson(random, pick(random, values)))

async function packBytes(): Promise<Uint8Array> {
  return inFolder(async (folder) => {
    const writer = await PackWriter.create(join(folder, 'p'), 4)
    for (let i = 0; i < 3; i++) await writer.add(new Uint8Array(48).fill(i), i)
    await writer.finish([{ file: 'a.jpg', reason: 'damaged' }])
    await writer.close()
    const { readFile } = await import('node:fs/promises')
    return readFile(join(folder, 'p'))
  })
}
let cachedPack: Promise<Uint8Array> | undefined
const pack = () => (cachedPack ??= packBytes())

/** Sizes of maps are worked out, nothing is computed. */
function graphOf(value: unknown): void {
  const spec = validateSpec(value)
  forwardGraph(spec, { batch: 2, mode: 'inference' })
}

/** Pixels of a picture that this package decodes itself, within the limit that callers keep. */
function readOwn(bytes: Uint8Array): void {
  const own = openOwn(bytes)
  if (!own || own.width * own.height > 1 << 24) return
  const { width, height, data } = own.decode()
  if (data.length % (width * height) !== 0) throw new Error('the pixels do not fill the picture')
}

function readIdx(bytes: Uint8Array): void {
  const { shape, data } = parseIdx(bytes, 'x')
  if (data.length !== shape.reduce((a, b) => a * b, 1)) throw new Error('the bytes do not fill the shape')
}

export const readers: readonly Reader[] = [
  { name: 'safetensors', make: (random) => mutatedBytes(random, seeds.safetensorsFiles), read: network },
  {
    name: 'safetensors-header',
    make: (random) => wellFormed(random, pick(random, seeds.safetensorsFiles)),
    read: network,
  },
  { name: 'checkpoint', make: (random) => mutatedBytes(random, [seeds.checkpointFile]), read: network },
  { name: 'checkpoint-fields', make: (random) => wellFormed(random, seeds.checkpointFile), read: network },
  {
    name: 'pickle',
    make: (random) => seeds.inZip(Buffer.concat(opcodeParts(random, false)), random.below(2) === 0),
    read: network,
  },
  {
    name: 'weights-gzip',
    make: (random) => {
      const [file] = seeds.safetensorsFiles as [Uint8Array]
      return random.below(2) === 0
        ? mutatedBytes(random, [gzipSync(file, { level: 1 })])
        : gzipSync(mutatedBytes(random, [file]), { level: 1 })
    },
    read: network,
    share: 0.2,
  },
  { name: 'pth-zip', make: (random) => mutatedBytes(random, seeds.archives.slice(1)), read: network },
  {
    name: 'pth-legacy',
    make: (random) =>
      random.below(2) === 0
        ? seeds.inLegacy(opcodeParts(random, true))
        : mutatedBytes(random, [seeds.inLegacy(seeds.stateDictOpcodes(true))]),
    read: async (bytes) => {
      const file = await openPyTorch(bytes, 'x')
      for (const { tensors } of file ? entriesOf(file.value, file.budget) : []) {
        await file!.fill([...tensors.values()])
        for (const tensor of tensors.values()) if (tensor.type === 'f32') tensor.floats()
      }
      await network(bytes)
    },
  },
  {
    name: 'zip',
    make: (random) => mutatedBytes(random, seeds.archives),
    read: async (bytes) => {
      for (const entry of readZip(bytes, 'x').values()) await entry.read()
    },
  },
  { name: 'tar', make: otherTar, read: (bytes) => readTar(bytes, 'x') },
  {
    name: 'cifar-archive',
    make: (random) =>
      random.below(2) === 0
        ? mutatedBytes(random, seeds.cifarArchives)
        : gzipSync(random.below(2) === 0 ? otherTar(random) : mutatedBytes(random, seeds.tars), { level: 1 }),
    read: (bytes) =>
      inFolder(async (folder) => {
        const path = join(folder, 'x.tar.gz')
        await writeFile(path, bytes)
        await cifar10(path)
      }),
    share: 0.2,
  },
  {
    name: 'cifar',
    make: (random) => mutatedBytes(random, seeds.cifarFiles),
    read: (bytes) => parseCifar(bytes.length % 2 === 0 ? cifar100Layout : cifar10Layout, [{ source: 'x', bytes }]),
  },
  {
    name: 'class-names',
    make: (random) => mutatedBytes(random, [bytesOf(cifar10Layout.classes.join('\n'))]),
    read: (bytes) => parseClassNames(cifar10Layout, 'x', text(bytes)),
  },
  {
    name: 'cifar-python',
    make: (random) => mutatedBytes(random, seeds.cifarPythonFiles),
    read: (bytes) => parseCifarPython(cifar10Layout, [{ source: 'x', bytes }]),
  },
  { name: 'idx', make: (random) => mutatedBytes(random, seeds.idxFiles), read: readIdx },
  { name: 'npy', make: (random) => mutatedBytes(random, seeds.npyFiles), read: (bytes) => parseNpy(bytes, 'x') },
  { name: 'npz', make: (random) => mutatedBytes(random, seeds.npzFiles), read: (bytes) => parseNpz(bytes, 'x') },
  {
    name: 'csv',
    make: (random) => mutatedBytes(random, seeds.tableFiles),
    read: (bytes) => {
      const { rows, labels } = parseTable(bytes, 'x')
      if (rows.length !== labels.length) throw new Error('a row has no class')
    },
  },
  {
    name: 'label-list',
    make: (random) => mutatedBytes(random, seeds.labelLists),
    read: (bytes) => {
      const name = ['x.csv', 'x.txt', 'x.jsonl'][bytes.length % 3]!
      readLabelList(bytes, name, (value) => /^[a-d](\.png)?$/.test(value))
    },
  },
  { name: 'bmp', make: (random) => mutatedBytes(random, seeds.bmpFiles), read: readOwn },
  { name: 'ppm', make: (random) => mutatedBytes(random, seeds.netpbmFiles), read: readOwn },
  { name: 'picture', make: otherPicture, read: (bytes) => decodeBytes(bytes, 'x'), share: 0.2 },
  {
    name: 'picture-file',
    make: otherPicture,
    read: (bytes) =>
      inFolder(async (folder) => {
        const path = join(folder, 'x.png')
        await writeFile(path, bytes)
        await shorterSide(path)
        const [large] = await Promise.allSettled([readPicture(path, { channels: 'exact' }), decodePicture(path, 16)])
        if (large.status === 'fulfilled') luminanceOf(large.value)
        await decodePicture(path, 16)
        await readPicture(path, { channels: 'exact' })
      }),
    // Callers put the name of the file in front.
    expects: (error) => error instanceof Error && error.name === 'Error' && !/internal|undefined/.test(error.message),
    share: 0.1,
  },
  { name: 'spec', make: (random) => asJson(random, seeds.specs), read: (bytes) => graphOf(json(bytes)) },
  {
    name: 'hostile-spec',
    // A spec may hold what JSON has no words for: its seed is the input.
    make: (random) => bytesOf(String(random.below(2 ** 31))),
    read: async (bytes) => {
      engines ??= openEngines()
      await ending(hostileSpec(new Random(Number(text(bytes)))), await engines, { bytes: 3e7, macs: 3e7 })
    },
    share: 0.1,
  },
  {
    name: 'recipe',
    make: (random) => asJson(random, [seeds.recipe]),
    read: (bytes) => {
      const value = json(bytes)
      if (typeof value === 'object' && value !== null) completeRecipe(value as RecipeOptions)
    },
  },
  {
    name: 'preprocessing',
    make: (random) => asJson(random, [seeds.preprocessing]),
    read: (bytes) => {
      const value = json(bytes)
      if (typeof value === 'object' && value !== null) checkPreprocessing(value as Preprocessing, seeds.small)
    },
  },
  {
    name: 'hub-settings',
    make: (random) => asJson(random, [seeds.hubConfig]),
    read: (bytes) => settingsOf(bytes, 'x'),
  },
  {
    name: 'folder',
    make: (random) => bytesOf(folderList(random)),
    read: (bytes) =>
      inFolder(async (folder) => {
        await makeTree(folder, text(bytes))
        await listFolder(folder)
      }),
    namesOfDisk: true,
    share: 0.05,
  },
  {
    name: 'run-folder',
    make: (random) => mutatedBytes(random, [bytesOf(seeds.metrics), seeds.checkpointFile]),
    read: (bytes) =>
      inFolder(async (folder) => {
        await mkdir(join(folder, 'old'))
        await writeFile(join(folder, 'old', 'metrics.jsonl'), bytes)
        await writeFile(join(folder, 'old', 'best.safetensors'), bytes)
        const run = new RunFolder(join(folder, 'new'))
        try {
          await run.bringFrom(join(folder, 'old'), { spec: seeds.small, progress: seeds.progress })
          await run.goOnFrom(seeds.progress)
        } finally {
          run.release()
        }
      }),
    share: 0.05,
  },
  {
    name: 'study-results',
    make: (random) => asJson(random, [{ format: 1, study: 'degradation', claims: [], rows: [], figures: [] }]),
    read: (bytes) =>
      inFolder(async (folder) => {
        await mkdir(join(folder, 'degradation'))
        await writeFile(join(folder, 'degradation', 'results.json'), bytes)
        await readStudyResults(folder)
      }),
    share: 0.05,
  },
  {
    name: 'pack',
    make: async (random) => mutatedBytes(random, [await pack()]),
    read: (bytes) =>
      inFolder(async (folder) => {
        const path = join(folder, 'p')
        await writeFile(path, bytes)
        const contents = await openPack(path)
        if (contents) await readPixels(path, contents)
      }),
    share: 0.1,
  },
  {
    name: 'lab-message',
    make: (random) =>
      mutatedBytes(random, [
        encode({ call: 'train', id: 3, weights: new Float32Array(9), nan: Number.NaN, list: [1, 'a', null] }),
      ]),
    read: (bytes) => decode(bytes),
    // The lab closes the connection, or takes its own file for damaged.
    expects: (error) => error instanceof RangeError || error instanceof SyntaxError,
  },
]
