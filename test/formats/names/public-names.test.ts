// Names as public programs write them: each is recognised, and the network is the one that was named.
import { describe, expect, test } from 'vitest'
import { choose } from '../../../src/formats/names/choose.js'
import { keyMaps, namedParameters } from '../../../src/formats/names/key-maps.js'
import type { StoredTensor } from '../../../src/formats/stored-tensor.js'
import { cifarBasic, imagenetBasic, imagenetBottleneck } from '../../../src/spec/families.js'
import { preset } from '../../../src/spec/presets.js'
import type { BlockSpec, ClassifierHead, NetworkSpec } from '../../../src/spec/spec.js'
import type { Shape } from '../../../src/util/shape.js'
import { recognise } from './recognised.js'

type Dict = Map<string, StoredTensor>
type Spec = NetworkSpec<ClassifierHead>

const tensor = (shape: Shape): StoredTensor => ({ shape, type: 'f32', floats: () => new Float32Array(0) })

/** Tensors of a network with torchvision's names, changed by rules one after the other. */
function dictOf(spec: Spec, ...rules: readonly (readonly [RegExp, string])[]): Dict {
  const rename = (name: string) => rules.reduce((text, [pattern, to]) => text.replace(pattern, to), name)
  return new Map(namedParameters(spec, keyMaps.torchvision).map(({ name, shape }) => [rename(name), tensor(shape)]))
}

const input = { channels: 3, height: 32, width: 32 }
const stem = (width: number): Spec['stem'] => [{ kind: 'conv', width, kernel: 3 }, { kind: 'norm' }, { kind: 'relu' }]
/** ResNet-18 for CIFAR: four stages after a 3x3 stem. */
const small18: Spec = { ...imagenetBasic({ depth: 18, classes: 10, input }), stem: stem(64), name: 'resnet18' }
const small50: Spec = { ...imagenetBottleneck({ depth: 50, classes: 100, input }), stem: stem(64), name: 'resnet50' }
const b20 = cifarBasic({ depth: 20, shortcut: 'project-on-change' })
const b20of100 = cifarBasic({ depth: 20, shortcut: 'project-on-change', classes: 100 })

function withBlocks(spec: Spec, change: (block: BlockSpec, changes: boolean) => BlockSpec): Spec {
  const stages = spec.stages.map(({ blocks }, stage) => ({
    blocks: blocks.map((block, index) => change(block, index === 0 && stage > 0)),
  }))
  return { ...spec, stages }
}
const pre = (spec: Spec, shared: boolean): Spec =>
  withBlocks({ ...spec, stem: spec.stem.slice(0, 1) }, (block, changes) => ({
    ...block,
    order: 'pre',
    ...(shared && changes ? { activateBeforeSplit: true } : {}),
  }))
const withNorm = (spec: Spec): Spec => ({ ...spec, head: { ...spec.head, norm: true } })

const shortcut = [/downsample/, 'shortcut'] as const
const linear = [/^fc/, 'linear'] as const
const list = (name: string, form: (index: number) => [string, string]) =>
  [1, 2, 3].flatMap((number) => {
    const [conv, norm] = form(number)
    return [
      [new RegExp(`(layer\\d\\.\\d+)\\.conv${number}\\.`), `$1.${name}${conv}.`],
      [new RegExp(`(layer\\d\\.\\d+)\\.bn${number}\\.`), `$1.${name}${norm}.`],
    ] as const
  })

describe('post-activation', () => {
  test.each<[string, Spec, readonly (readonly [RegExp, string])[], string?]>([
    ['akamaster', cifarBasic({ depth: 20 }), [linear, [/^/, 'module.']], 'akamaster'],
    ['chenyaofo', b20of100, [], 'bearpaw'],
    ['bearpaw, a whole DataParallel', b20, [[/^/, 'module.']], 'bearpaw'],
    ['kuangliu', small18, [shortcut, linear], 'kuangliu'],
    ['kuangliu, bottlenecks', small50, [shortcut, linear], 'kuangliu'],
    ['programs that change the stem of torchvision and take its pooling out', small18, []],
    [
      'weiaicunzai',
      small18,
      [
        ...list('residual_function.', (n) => [String(3 * n - 3), String(3 * n - 2)]),
        [/^conv1\./, 'conv1.0.'],
        [/^bn1\./, 'conv1.1.'],
        [/^layer(\d)/, 'conv$1_x'],
        ...[4, 3, 2, 1].map((n) => [new RegExp(`^conv${n}_x`), `conv${n + 1}_x`] as const),
        shortcut,
      ],
    ],
    [
      'hysts',
      b20,
      [
        [/^conv1/, 'conv'],
        [/^bn1/, 'bn'],
        [/^layer(\d)\.0/, 'stage$1.block1'],
        [/^layer(\d)\.1/, 'stage$1.block2'],
        [/^layer(\d)\.2/, 'stage$1.block3'],
        [/downsample\.0/, 'shortcut.conv'],
        [/downsample\.1/, 'shortcut.bn'],
      ],
    ],
    [
      'pytorchcv',
      b20,
      [
        ...list('body.', (n) => [`conv${n}.conv`, `conv${n}.bn`]),
        [/^conv1/, 'init_block.conv'],
        [/^bn1/, 'init_block.bn'],
        [/^layer(\d)\.0/, 'stage$1.unit1'],
        [/^layer(\d)\.1/, 'stage$1.unit2'],
        [/^layer(\d)\.2/, 'stage$1.unit3'],
        [/downsample\.0/, 'identity_conv.conv'],
        [/downsample\.1/, 'identity_conv.bn'],
        [/^(?!fc)/, 'features.'],
        [/^fc/, 'output'],
      ],
    ],
    [
      'mmpretrain',
      preset('resnet18'),
      [
        [/^(?!fc)/, 'backbone.'],
        [/^fc/, 'head.fc'],
      ],
    ],
    [
      'transformers',
      preset('resnet50'),
      [
        ...list('layer.', (n) => [`${n - 1}.convolution`, `${n - 1}.normalization`]),
        [/downsample\.0/, 'shortcut.convolution'],
        [/downsample\.1/, 'shortcut.normalization'],
        [/^conv1/, 'embedder.embedder.convolution'],
        [/^bn1/, 'embedder.embedder.normalization'],
        ...[1, 2, 3, 4].map((n) => [new RegExp(`^layer${n}\\.(\\d+)`), `encoder.stages.${n - 1}.layers.$1`] as const),
        [/^(?!fc)/, 'resnet.'],
        [/^fc/, 'classifier.1'],
      ],
      'transformers',
    ],
    [
      'a tutorial',
      preset('resnet50'),
      [
        [/\.bn/, '.batch_norm'],
        [/^bn1/, 'batch_norm1'],
        [/downsample/, 'i_downsample'],
      ],
    ],
    ['another one', preset('resnet18'), [[/downsample/, 'identity_downsample']]],
    [
      'lists of lists',
      small18,
      [
        [/^layer1/, 'layers.0'],
        [/^layer2/, 'layers.1'],
        [/^layer3/, 'layers.2'],
        [/^layer4/, 'layers.3'],
      ],
    ],
    ['torch.compile of a Lightning module', preset('resnet18'), [[/^/, 'model._orig_mod.']], 'torchvision'],
    [
      'a head with a hidden layer',
      { ...b20, head: { ...b20.head, hidden: 32 } },
      [
        [/^fc/, 'fc.3'],
        [/^head\.hidden/, 'fc.0'],
      ],
    ],
    ['a head behind dropout', preset('resnet18'), [[/^fc/, 'fc.1']]],
  ])('%s', (_, wanted, rules, keys) => {
    const { spec, keys: found } = recognise(dictOf(wanted, ...rules), 'x')
    expect({ ...spec, name: '' }).toEqual({ ...wanted, name: '' })
    if (keys !== undefined) expect(found).toBe(keys)
  })
})

describe('pre-activation', () => {
  const wide = withNorm(pre(b20, true))
  test('kuangliu, and mixup of it: the shortcut starts after the first activation, no norm at the end', () => {
    const wanted = pre(small18, true)
    const dict = dictOf(wanted, shortcut, linear)
    expect({ ...recognise(dict, 'x').spec, name: '' }).toEqual({ ...wanted, name: '' })
  })

  test('wide nets with convShortcut: the same, with a norm at the end that is called bn1', () => {
    const dict = dictOf(wide, [/^bn\./, 'bn1.'], [/^layer(\d)\./, 'block$1.layer.'], [/downsample\.0/, 'convShortcut'])
    expect({ ...recognise(dict, 'x').spec, name: '' }).toEqual({ ...wide, name: '' })
  })

  test('bearpaw: shortcuts start before it', () => {
    const wanted = withNorm(pre(b20, false))
    expect({ ...recognise(dictOf(wanted), 'x').spec, name: '' }).toEqual({ ...wanted, name: '' })
  })
})

describe('backbones', () => {
  const body = (prefix: string): Dict =>
    new Map([...dictOf(preset('resnet50'), [/^/, prefix])].filter(([name]) => !name.startsWith(`${prefix}fc`)))

  test('a detector: features, the rest is named', () => {
    const dict = body('backbone.body.')
    for (const name of ['backbone.fpn.inner_blocks.0.0.weight', 'rpn.head.conv.weight', 'roi_heads.box.fc6.weight'])
      dict.set(name, tensor([2, 2]))
    const { spec, notes } = recognise(dict, 'x')
    expect(spec.head).toEqual({ kind: 'classifier', norm: false, classes: 0, gives: 'features' })
    expect(notes).toEqual([
      '3 tensors are no part of the network and left out: backbone.fpn.inner_blocks.0.0.weight, rpn.head.conv.weight, roi_heads.box.fc6.weight',
    ])
  })

  test('a self-supervised net and its slow copy', () => {
    const tensors = new Map([...body('module.encoder_q.'), ...body('module.encoder_k.'), ['module.queue', tensor([4])]])
    const { network, notes } = choose([{ path: 'state_dict', tensors }], 'x', {}, {})
    expect(network.spec.head).toMatchObject({ gives: 'features' })
    expect(notes[0]).toBe(
      'used are the weights of its entry state_dict/module.encoder_q, not their average (EMA) state_dict/module.encoder_k; the entry can be chosen by name',
    )
  })
})

test('no tensor tells of a pooling after a 3x3 stem: it is said that none is assumed, but for nets known to have none', () => {
  const [changed, kuangliu] = [recognise(dictOf(small18), 'x'), recognise(dictOf(small18, shortcut, linear), 'x')]
  expect(changed.notes).toEqual([
    'its stem is one 3x3 convolution and no tensor tells whether a max-pooling follows; assumed is none; see that eval on labelled data is far from chance',
  ])
  expect(kuangliu.notes).toBeUndefined()
})

describe('parts that are known, and parts that are not', () => {
  test('biases of stem and convolutions, no norms, four channels, a stride in the first stage', () => {
    const wanted = withBlocks(
      {
        ...b20,
        input: { ...input, channels: 4 },
        stem: [{ kind: 'conv', width: 16, kernel: 3, bias: true }, { kind: 'relu' }],
      },
      (block) => ({
        ...block,
        norm: false,
        branch: block.branch.map((layer) => ({ ...layer, bias: true })),
      }),
    )
    expect({ ...recognise(dictOf(wanted), 'x').spec, name: '' }).toEqual({ ...wanted, name: '' })
    const strided = withBlocks(b20, (block) => block)
    const [first, ...others] = strided.stages[0]!.blocks
    const narrow = { ...b20, stages: [{ blocks: [{ ...first!, stride: 2 }, ...others] }, ...strided.stages.slice(1)] }
    const dict = dictOf(narrow)
    expect({ ...recognise(dict, 'x').spec, name: '' }).toEqual({ ...narrow, name: '' })
  })

  const changed = (change: (dict: Dict) => void): Dict => {
    const dict = dictOf(b20)
    change(dict)
    return dict
  }

  test.each<[string, (dict: Dict) => void, string]>([
    [
      'a head of three layers',
      (dict) => {
        dict.set('fc.0.weight', tensor([32, 64]))
        dict.set('fc.2.weight', tensor([32, 32]))
        dict.set('fc.4.weight', tensor([10, 32]))
        dict.delete('fc.weight')
        dict.delete('fc.bias')
      },
      'its head has layers before the last one (fc.0, fc.2), and known are heads of one linear layer, or of two with a ReLU between',
    ],
    [
      'group norms',
      (dict) => {
        for (const name of [...dict.keys()]) if (name.includes('running')) dict.delete(name)
      },
      'its norms keep no running mean, as group norms and layer norms do, and known are batch norms',
    ],
    [
      'a shortcut with a bias',
      (dict) => dict.set('layer2.0.downsample.0.bias', tensor([32])),
      'its shortcuts have convolutions with a bias, and known are those without',
    ],
    [
      'squeeze and excitation',
      (dict) => dict.set('layer1.0.se.fc1.weight', tensor([4, 16, 1, 1])),
      'layer1.0.se.fc1.weight',
    ],
    ['no stem', (dict) => dict.delete('conv1.weight'), 'they name no stem, such as conv1'],
    [
      'a stage without convolutions',
      (dict) => {
        for (const name of [...dict.keys()]) if (/^layer2.*conv/.test(name)) dict.delete(name)
      },
      'a stage lacks blocks, or blocks lack convolutions',
    ],
    [
      'two names that become one',
      (dict) => dict.set('module.conv1.weight', tensor([1])),
      'x: its tensors conv1.weight and module.conv1.weight would both be called conv1.weight without their prefixes; name the part to read',
    ],
    [
      'spectral norm',
      (dict) => dict.set('conv1.weight_orig', tensor([16, 3, 3, 3])),
      'x: its tensor conv1.weight_orig is a weight before its spectral norm, which is not computed here; save the weights after torch.nn.utils.remove_spectral_norm, in PyTorch',
    ],
    ['weight norm', (dict) => dict.set('conv1.weight_g', tensor([16, 1, 1, 1])), 'is a part of a weight norm, which'],
    [
      'a parametrization',
      (dict) => dict.set('conv1.parametrizations.weight.original0', tensor([1])),
      'is a parametrization, which',
    ],
    [
      'a mask of another shape',
      (dict) => {
        dict.set('conv1.weight_orig', tensor([16, 3, 3, 3]))
        dict.set('conv1.weight_mask', tensor([1]))
      },
      'x: its tensor conv1.weight_orig has a mask of another shape',
    ],
  ])('%s is refused', (_, change, message) => {
    expect(() => recognise(changed(change), 'x')).toThrow(message)
  })

  test('pruned weights are multiplied out', () => {
    const numbers = (shape: Shape, fill: number): StoredTensor => ({
      shape,
      type: 'f32',
      floats: () => Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 2 === 0 ? fill : 3)),
    })
    const dict = new Map([...dictOf(b20)].map(([name, { shape }]) => [name, numbers(shape, 1)]))
    dict.delete('conv1.weight')
    dict.set('conv1.weight_orig', numbers([16, 3, 3, 3], 5))
    dict.set('conv1.weight_mask', numbers([16, 3, 3, 3], 0))
    expect([...recognise(dict, 'x').weights.get('stem.conv.weight')!.data.subarray(0, 4)]).toEqual([0, 9, 0, 9])
  })

  test('one output: a value, or by softmax what a sigmoid would give', () => {
    const one = new Map(
      [...dictOf(b20)].map(([name, { shape }]) => {
        const own = name.startsWith('fc.') ? [1, ...shape.slice(1)] : shape
        const length = own.reduce((a, b) => a * b, 1)
        return [name, { shape: own, type: 'f32', floats: () => new Float32Array(length).fill(2) }] as const
      }),
    )
    const value = recognise(one, 'x')
    expect(value.spec.head).toMatchObject({ classes: 1, gives: 'value' })
    expect(value.preprocessing.classes).toEqual(['value'])
    const two = recognise(one, 'x', { classes: ['no', 'yes'] })
    expect(two.spec.head).toEqual({ kind: 'classifier', norm: false, classes: 2 })
    expect([...two.weights.get('head.classifier.bias')!.data]).toEqual([0, 2])
    expect(two.weights.get('head.classifier.weight')!.data.length).toBe(128)
    expect(two.preprocessing.classes).toEqual(['no', 'yes'])
  })
})

describe('the network among the entries', () => {
  const net = () => dictOf(b20)
  const entry = (path: string, tensors: Dict = net()) => ({ path, tensors })
  const chosen = (...paths: readonly string[]) =>
    choose(
      paths.map((path) => entry(path)),
      'x',
      {},
      {},
    )

  test('one is taken, an average alone too, of an average and its weights these', () => {
    const scraps = entry('optimizer/state', new Map([['momentum', tensor([2])]]))
    expect(choose([entry('net'), scraps], 'x', {}, {}).entry.path).toBe('net')
    expect(chosen('state_dict_ema').notes).toEqual([
      'its entry state_dict_ema is an average of weights (EMA), and the only network in it',
    ])
    const both = chosen('model', 'model_ema')
    expect(both.entry.path).toBe('model')
    expect(both.notes).toEqual([
      'used are the weights of its entry model, not their average (EMA) model_ema; the entry can be chosen by name',
    ])
    expect(choose([entry('model'), entry('model_ema')], 'x', { entry: 'model_ema' }, {}).entry.path).toBe('model_ema')
  })

  test('a tie is refused with the choices, and so is the name of no entry', () => {
    expect(() => chosen('generator', 'critic')).toThrow(
      'x: 2 of its entries are networks: generator, critic; choose one by its name, in code with the option entry, on the command line with --entry NAME',
    )
    expect(() => choose([entry('a')], 'x', { entry: 'b' }, {})).toThrow('x: it has no entry b; its entries are a')
    const [one, two] = ['a', 'b'].map((path) => entry(path, new Map([['lr', tensor([1])]])))
    expect(() => choose([one!, two!], 'x', {}, {})).toThrow(
      'x: no weights found: expected a dictionary with the tensors of a network, got a (1 tensors), b (1 tensors)',
    )
  })
})
