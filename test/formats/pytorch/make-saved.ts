/** Writes files of `torch.save` with tensors of zeros: dictionaries, modules, and objects beside them. */
import type { Shape } from '../../../src/util/shape.js'
import { elements } from '../../../src/util/shape.js'
import { op, pickle, zip } from '../make-pickle.js'

const { bytes, global, text } = op

/** Names and shapes of tensors. */
export type Shapes = ReadonlyMap<string, Shape>

function int(value: number): Uint8Array {
  const found = Buffer.alloc(5, 'J')
  found.writeInt32LE(value, 1)
  return found
}

const tuple = (values: readonly number[]) => Buffer.concat([bytes('('), ...values.map(int), bytes('t')])

/** A tensor of its own storage, as opcodes. */
export function tensorOp(shape: Shape, key: string): Uint8Array {
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)))
  return Buffer.concat([
    ...[global('torch._utils', '_rebuild_tensor_v2'), bytes('(('), text('storage'), global('torch', 'FloatStorage')],
    ...[text(key), text('cpu'), int(elements(shape)), bytes('tQ'), int(0), tuple(shape), tuple(strides)],
    bytes('\x89}tR'),
  ])
}

const keyOf = (shape: Shape) => `n${elements(shape)}`
const pairs = (items: Iterable<readonly [string, Uint8Array]>) =>
  Buffer.concat([bytes('}('), ...[...items].flatMap(([name, value]) => [text(name), value]), bytes('u')])

/** A dictionary of tensors, as opcodes. */
export function stateDict(shapes: Shapes): Uint8Array {
  return pairs([...shapes].map(([name, shape]) => [name, tensorOp(shape, `${keyOf(shape)}-${name}~`)]))
}

/** A parameter as PyTorch before 0.4 writes it: a call with its tensor, and a state. */
export const oldParameter = (tensor: Uint8Array) =>
  Buffer.concat([global('torch.nn.parameter', 'Parameter'), tensor, bytes('\x85R\x88\x89}\x87b')])

/**
 * The same as a module of modules of the class `__main__.Net`, with a buffer that is not saved.
 * @param parameter writes a parameter, given its tensor as opcodes
 */
export function modulePickle(shapes: Shapes, prefix = '', parameter = (tensor: Uint8Array) => tensor): Uint8Array {
  const own: [string, Uint8Array][] = []
  const inner = new Map<string, Map<string, Shape>>()
  for (const [name, shape] of shapes) {
    const dot = name.indexOf('.')
    if (dot < 0) own.push([name, tensorOp(shape, `${keyOf(shape)}-${prefix}${name}~`)])
    else {
      const child = name.slice(0, dot)
      inner.set(child, (inner.get(child) ?? new Map<string, Shape>()).set(name.slice(dot + 1), shape))
    }
  }
  const isStatistic = ([name]: [string, Uint8Array]) => name.startsWith('running_')
  const state = pairs([
    [
      '_parameters',
      pairs(own.filter((item) => !isStatistic(item)).map(([name, tensor]) => [name, parameter(tensor)] as const)),
    ],
    ['_buffers', pairs([...own.filter(isStatistic), ['temporary', tensorOp([1], `n1-${prefix}temporary~`)]])],
    [
      '_non_persistent_buffers_set',
      Buffer.concat([global('builtins', 'set'), bytes(']'), text('temporary'), bytes('a\x85R')]),
    ],
    [
      '_modules',
      pairs([...inner].map(([name, shapes]) => [name, modulePickle(shapes, `${prefix}${name}.`, parameter)] as const)),
    ],
  ])
  return Buffer.concat([global('__main__', 'Net'), bytes(')\x81'), state, bytes('b')])
}

/** A file with this value, or with a dictionary of values. */
export function savedAs(value: Uint8Array | Readonly<Record<string, Uint8Array>>): Uint8Array {
  const opcodes = value instanceof Uint8Array ? value : pairs(Object.entries(value))
  const keys = new Set(
    Buffer.from(opcodes)
      .toString('latin1')
      .match(/n\d+-[\w.]+~/g) ?? [],
  )
  return zip([
    { name: 'a/data.pkl', data: pickle(opcodes) },
    ...[...keys].map((key) => ({
      name: `a/data/${key}`,
      data: new Uint8Array(4 * Number(/^n(\d+)/.exec(key)![1])),
    })),
  ])
}

/** A net of three stages of one basic block, names as akamaster has them. */
export function netTensors(): Map<string, Shape> {
  const shapes = new Map<string, Shape>([['conv1.weight', [4, 3, 3, 3]]])
  const norm = (name: string, width: number) => {
    for (const word of ['weight', 'bias', 'running_mean', 'running_var']) shapes.set(`${name}.${word}`, [width])
  }
  norm('bn1', 4)
  let input = 4
  for (const [stage, width] of [4, 8, 12].entries()) {
    const block = `layer${stage + 1}.0`
    shapes.set(`${block}.conv1.weight`, [width, input, 3, 3])
    norm(`${block}.bn1`, width)
    shapes.set(`${block}.conv2.weight`, [width, width, 3, 3])
    norm(`${block}.bn2`, width)
    input = width
  }
  shapes.set('linear.weight', [3, 12])
  shapes.set('linear.bias', [3])
  return shapes
}
