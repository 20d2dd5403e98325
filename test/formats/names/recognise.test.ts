// Weights with the names of others become our networks: the spec is inferred, and the logits are PyTorch's.
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeNetwork } from '../../../src/api/files/weights.js'
import { presetAs } from '../../../src/formats/names/architecture.js'
import { keyMaps, namedParameters } from '../../../src/formats/names/key-maps.js'
import type { StateDict, StoredTensor } from '../../../src/formats/stored-tensor.js'
import { compileGraph } from '../../../src/inference/compile.js'
import { writeWeights } from '../../../src/inference/weights.js'
import { forwardGraph } from '../../../src/model/forward.js'
import { cifarBasic, imagenetBottleneck } from '../../../src/spec/families.js'
import { type PresetName, preset } from '../../../src/spec/presets.js'
import { DataError } from '../../../src/util/errors.js'
import { describeEngines } from '../../engine/engines.js'
import { bytesOf, logits, picturesOf, weightFiles } from '../files.js'
import { recognise } from './recognised.js'

const keys = Object.keys(logits)
/** Largest error over the largest magnitude. */
const TOLERANCE = 1e-5

await describeEngines((engine) => {
  test.each(keys)("%s: the logits are PyTorch's", async (key) => {
    const { spec, weights } = await decodeNetwork(bytesOf(`${key}.safetensors`), key)
    const graph = forwardGraph(spec, { batch: 2, mode: 'inference' })
    const side = Math.sqrt(picturesOf(key).length / 6)
    const sized = forwardGraph(
      { ...spec, input: { channels: 3, height: side, width: side } },
      { batch: 2, mode: 'inference' },
    )
    const executable = await compileGraph(engine(), sized)
    writeWeights(
      executable,
      graph.inputs.filter(({ role }) => role !== 'data'),
      weights,
      key,
    )
    executable.write('pictures', picturesOf(key))
    await executable.run()
    const got = await executable.read('logits')
    const wanted = logits[key]!.flat()
    const most = Math.max(...wanted.map(Math.abs))
    expect(Math.max(...wanted.map((value, i) => Math.abs(value - got[i]!))) / most).toBeLessThan(TOLERANCE)
    await executable.dispose()
  })
})

test.each(Object.entries(weightFiles))('%s: the same network', async (_, file) => {
  const wanted = await decodeNetwork(bytesOf('akamaster.safetensors'), 'wanted')
  const { origin, ...network } = await decodeNetwork(bytesOf(file), file)
  expect(origin).toMatch(/names of akamaster$/)
  expect({ ...network, origin: '' }).toEqual({ ...wanted, origin: '' })
})

test('what shapes do not tell comes with the names', async () => {
  const network = async (key: string) => decodeNetwork(bytesOf(`${key}.safetensors`), key)
  const akamaster = await network('akamaster')
  expect(akamaster.preprocessing).toEqual({
    normalisation: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    input: { channels: 3, height: 32, width: 32 },
    classes: ['class 0', 'class 1', 'class 2'],
  })
  expect(akamaster.spec.stages[1]!.blocks[0]).toMatchObject({ stride: 2, shortcut: 'pad' })
  expect((await network('akamaster-b')).spec.stages[1]!.blocks[0]).toMatchObject({ shortcut: 'project-on-change' })
  const bearpaw = await network('bearpaw-pre-bottleneck')
  expect(bearpaw.preprocessing.normalisation.std).toEqual([0.2023, 0.1994, 0.201])
  expect(bearpaw.spec.stages[1]!.blocks[0]).toMatchObject({ order: 'pre', strideIn: 1, shortcut: 'project-on-change' })
  const timm = await network('timm-deep')
  expect(timm.preprocessing).toMatchObject({ input: { height: 224 }, resize: { height: 256 } })
  expect(timm.spec.stem.map(({ kind }) => kind).join(' ')).toBe('conv norm relu conv norm relu conv norm relu maxPool')
})

/** Tensors of zeros with the names and shapes of a network. */
function dictOf(name: PresetName, classes: number, map: keyof typeof keyMaps, channels = 3): Map<string, StoredTensor> {
  const floats = () => new Float32Array(0) // nobody looks at the numbers here
  const spec = preset(name, { classes })
  const parameters = namedParameters({ ...spec, input: { ...spec.input, channels } }, keyMaps[map])
  return new Map(parameters.map(({ name, shape }) => [name, { shape, type: 'f32', floats }]))
}

describe('the architecture is inferred', () => {
  test.each<[PresetName, keyof typeof keyMaps]>([
    ['resnet20', 'akamaster'],
    ['resnet32', 'akamaster'],
    ['resnet110', 'akamaster'],
    ['resnet1202', 'akamaster'],
    ['resnet18', 'torchvision'],
    ['resnet34', 'torchvision'],
    ['resnet50', 'torchvision'],
    ['resnet101', 'torchvision'],
    ['resnet152', 'torchvision'],
    ['wide_resnet50_2', 'torchvision'],
    ['wide_resnet101_2', 'torchvision'],
    ['resnext50_32x4d', 'torchvision'],
    ['resnext101_32x8d', 'torchvision'],
  ])('%s with the names of %s', (name, map) => {
    const { spec, keys } = recognise(dictOf(name, 7, map), 'x')
    expect(spec).toEqual(preset(name, { classes: 7 }))
    expect(keys).toBe(map)
  })
})

test('names of classes are those of CIFAR where their number tells', () => {
  expect(recognise(dictOf('resnet20', 10, 'akamaster'), 'x').preprocessing.classes[3]).toBe('cat')
  expect(recognise(dictOf('resnet20', 100, 'akamaster'), 'x').preprocessing.classes[99]).toBe('worm')
  expect(recognise(dictOf('resnet20', 2, 'akamaster'), 'x', { classes: ['yes', 'no'] }).preprocessing.classes).toEqual([
    'yes',
    'no',
  ])
})

test('a name that is given is checked, and settles what shapes leave open', () => {
  const dict = dictOf('resnet20', 10, 'akamaster')
  expect(recognise(dict, 'x', { arch: 'plain20' }).spec).toEqual(preset('plain20'))
  expect(presetAs('resnet50_v1', keyMaps.torchvision, 1000)).toEqual(preset('resnet50_v1'))
  expect(() => recognise(dict, 'x', { arch: 'resnet32' })).toThrow(
    'x: its tensors do not fit resnet32 with 10 classes: 60 of 157 differ; they look like those of resnet20\n',
  )
})

describe('one table of all that does not fit', () => {
  const changed = (change: (dict: Map<string, StoredTensor>) => void): StateDict => {
    const dict = dictOf('resnet18', 1000, 'torchvision')
    change(dict)
    return dict
  }
  const conv = { shape: [64, 64, 5, 5], type: 'f32', floats: () => new Float32Array(0) }

  test('missing, unexpected, of another shape', () => {
    const dict = changed((dict) => {
      dict.delete('layer2.1.bn1.weight')
      dict.set('layer3.1.conv2.weight', conv)
      dict.set('classifier.weight', conv)
    })
    expect(() => recognise(dict, 'net.pth')).toThrow(
      new DataError(
        [
          'net.pth: its tensors do not fit resnet18 with 1000 classes: 3 of 102 differ',
          'tensor                 expected     got',
          '─────────────────────────────────────────────',
          'layer2.1.bn1.weight    128          nothing',
          'layer3.1.conv2.weight  256x256x3x3  64x64x5x5',
          'classifier.weight      nothing      64x64x5x5',
        ].join('\n'),
      ),
    )
  })

  test('of many the first', () => {
    const dict = changed((dict) => {
      for (let i = 0; i < 40; i++) dict.set(`extra${i}`, conv)
    })
    expect(() => recognise(dict, 'x')).toThrow(/\nand 28 more$/)
  })

  test('names of nobody', () => {
    expect(() => recognise(new Map([['features.0.weight', conv]]), 'x')).toThrow(
      "x: its tensors belong to no known network: they name no stages of blocks, such as layer1.0.conv1; got 1 tensors such as features.0.weight; rename them as torchvision's ResNets have them",
    )
  })
})

test('a name of a net with layers that others do not have', () => {
  const dict = dictOf('resnet20', 10, 'akamaster')
  expect(() => recognise(dict, 'x', { arch: 'resnet110_exclusive_gate' })).toThrow(
    'x: its tensors do not fit resnet110_exclusive_gate with 10 classes: 558 of 655 differ; they look like those of resnet20\n',
  )
})

describe('pictures of another number of channels', () => {
  const colours = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
  const of = (channels: number, name: PresetName = 'resnet20', map: keyof typeof keyMaps = 'akamaster') =>
    dictOf(name, 10, map, channels)

  test('grey: the mean of the usual three is assumed, and said', () => {
    const { spec, preprocessing, assumed } = recognise(of(1), 'x')
    expect(spec).toEqual({ ...preset('resnet20'), input: { channels: 1, height: 32, width: 32 } })
    expect(preprocessing).toMatchObject({ normalisation: { mean: [0.449], std: [0.226] }, input: { channels: 1 } })
    expect(assumed).toBe(
      'how its pictures of 1 channel were normalised is not known; assumed are mean 0.449 and deviation 0.226, the mean of those of red, green and blue',
    )
    expect(recognise(of(3), 'x')).toMatchObject({ preprocessing: { normalisation: colours } })
    expect(recognise(of(3), 'x').assumed).toBeUndefined()
  })

  test('four and two', () => {
    const { preprocessing, assumed } = recognise(of(4), 'x')
    expect(preprocessing.normalisation).toEqual({
      mean: [0.485, 0.456, 0.406, 0.449],
      std: [0.229, 0.224, 0.225, 0.226],
    })
    expect(assumed).toBe(
      'how its pictures of 4 channels were normalised is not known; assumed are mean 0.485, 0.456, 0.406, 0.449 and ' +
        'deviation 0.229, 0.224, 0.225, 0.226, those of red, green and blue and their mean',
    )
    expect(recognise(of(2), 'x').preprocessing.normalisation).toEqual({ mean: [0.449, 0.449], std: [0.226, 0.226] })
  })

  test.each<[PresetName, keyof typeof keyMaps]>([
    ['resnet18', 'torchvision'],
    ['wide_resnet50_2', 'torchvision'],
    ['resnext50_32x4d', 'torchvision'],
  ])('%s is known as such, by itself and by name', (name, map) => {
    const spec = { ...preset(name, { classes: 10 }), input: { channels: 1, height: 224, width: 224 } }
    expect(recognise(of(1, name, map), 'x').spec).toEqual(spec)
    expect(recognise(of(1, name, map), 'x', { arch: name }).spec).toEqual(spec)
  })

  test('who knows better says so, a number for each channel', () => {
    const normalisation = { mean: [0.1307], std: [0.3081] }
    const said = recognise(of(1), 'x', { pictures: { normalisation } })
    expect([said.preprocessing.normalisation, said.assumed]).toEqual([normalisation, undefined])
    expect(() => recognise(of(1), 'x', { pictures: { normalisation: colours } })).toThrow(
      'x: its network reads 1 channel, so mean and deviation are 1 number each, got mean 0.485, 0.456, 0.406 and deviation',
    )
    expect(() => recognise(of(3), 'x', { pictures: { normalisation } })).toThrow(
      'x: its network reads 3 channels, so mean and deviation are 3 numbers each, got mean 0.1307 and deviation 0.3081',
    )
    expect(() => recognise(of(1), 'x', { pictures: { normalisation: { mean: [0], std: [0] } } })).toThrow(
      'x: mean and deviation must be finite numbers, deviations above 0, got mean 0 and deviation 0',
    )
  })

  test('what stands beside a file of the hub may be of colours, and says the rest too', () => {
    const pictures = {
      normalisation: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.2] },
      interpolation: 'bicubic' as const,
    }
    const { preprocessing, assumed } = recognise(of(1), 'x', {}, { pictures })
    expect(preprocessing).toMatchObject({ normalisation: { mean: [0.5], std: [0.4] }, interpolation: 'bicubic' })
    expect(assumed).toContain('assumed are mean 0.5 and deviation 0.4')
    const normalisation = { mean: [0.1], std: [0.3] }
    expect(recognise(of(1), 'x', { pictures: { normalisation } }, { pictures }).preprocessing).toMatchObject({
      normalisation,
      interpolation: 'bicubic',
    })
    const own = { normalisation: { mean: [0.2], std: [0.3] } }
    expect(recognise(of(1), 'x', {}, { pictures: own }).assumed).toBeUndefined()
  })
})

test('a spec that makes no sense is refused with the name of the file', () => {
  const dict = new Map(narrowing())
  expect(() => recognise(dict, 'narrow.th')).toThrow(
    /^narrow\.th: stage2\.block1: a pad shortcut cannot narrow 16 channels/,
  )
})

/** A CIFAR net whose second stage is narrower than its first. */
function narrowing(): Map<string, StoredTensor> {
  const dict = dictOf('resnet8', 10, 'akamaster')
  const narrow = ([name, tensor]: [string, StoredTensor]): [string, StoredTensor] => {
    const [first, ...rest] = tensor.shape
    return name.startsWith('layer2.') && first === 32 ? [name, { ...tensor, shape: [8, ...rest] }] : [name, tensor]
  }
  return new Map([...dict].map(narrow))
}

describe('key maps are one-to-one', () => {
  const specs = [
    cifarBasic({ depth: 14, shortcut: 'project-always' }),
    cifarBasic({ depth: 20, order: 'pre' }),
    imagenetBottleneck({ depth: 50, groups: 32, widthPerGroup: 4 }),
  ]
  test.each(Object.values(keyMaps))('$name', (map) => {
    for (const spec of specs) {
      const named = namedParameters(spec, map)
      const back = new Map(named.map(({ name, path }) => [name, path]))
      expect(back.size).toBe(named.length)
      for (const { name, path } of named) expect(back.get(name)).toBe(path)
    }
  })
})

beforeAll(() => expect(keys.length).toBe(7))
