/**
 * Writes a network as an ONNX model, operator set 17: the inference graph node by node, norms not folded (runtimes fold
 * them), weights as initializers, and a batch of any size. Field numbers follow the public schema, onnx.proto.
 */
import type { GraphInput, Node, Value } from '../graph/graph.js'
import { forwardGraph } from '../model/forward.js'
import type { FreeAxes } from '../model/heads/head.js'
import { type Heads, headOf, heads as ownHeads } from '../model/heads/index.js'
import { type NodeOf, type OpName, opOf } from '../ops/index.js'
import { ConfigError, invariant } from '../util/errors.js'
import { type Encoded, float, integer, joined, message, part } from './protobuf.js'
import type { TrainedNetwork } from './trained-network.js'
import { expectWhole } from './whole.js'

const IR_VERSION = 8
const OPERATOR_SET = 17
const FLOAT = 1
const INT64 = 7
/** The end of a slice of maps of any size. */
const TO_THE_END = 2 ** 31 - 1

/** One ONNX node. A node of the graph may need several. Constants are stored beside the weights. */
interface OnnxNode {
  readonly type: string
  readonly inputs: readonly string[]
  readonly attributes?: readonly Encoded[]
}

/** Names of values, and the constants that a node needs. */
export interface Scope {
  name(value: Value): string
  /** Adds a list of whole numbers; returns its name. */
  constant(values: readonly number[]): string
  /** Adds a single number; returns its name. */
  number(value: number): string
  /** Adds a list of numbers; returns its name. */
  numbers(values: readonly number[]): string
}

/**
 * Encodes a model.
 * @param heads the known kinds of heads, by default those of this package
 * @throws ConfigError if ONNX has no counterpart of an operation; DataError if the network is not whole, see
 * `expectWhole`
 */
export function encodeOnnx(network: TrainedNetwork, heads: Heads = ownHeads): Uint8Array {
  expectWhole(network, heads)
  const { spec, preprocessing, weights } = network
  const graph = forwardGraph(spec, { batch: 1, mode: 'inference', heads })
  const names = new Map<Value, string>()
  const initializers: Encoded[] = []
  const nodes: Encoded[] = []
  for (const { name, value } of graph.inputs) names.set(value, name)
  for (const { name, value } of graph.outputs) names.set(value, name)
  for (const { role, name, value } of graph.inputs)
    if (role !== 'data') initializers.push(floats(name, value.type.shape, weights.get(name)!.data))
  const used = new Set<string>()
  // A convolution and its bias share one path.
  const unused = ({ path, op }: Node) => {
    const name = used.has(path) ? `${path}.${op}` : path
    used.add(name)
    return name
  }
  for (const node of graph.nodes) {
    const result = node.outputs[0]!
    if (!names.has(result)) names.set(result, unused(node))
    const added = (encode: (name: string) => Encoded) => {
      const name = `${node.path}.constant${initializers.length}`
      initializers.push(encode(name))
      return name
    }
    const scope: Scope = {
      name: (value) => names.get(value)!,
      constant: (values) => added((name) => wholes(name, values)),
      number: (value) => added((name) => floats(name, [], Float32Array.of(value))),
      numbers: (values) => added((name) => floats(name, [values.length], Float32Array.from(values))),
    }
    nodes.push(...encodeNode(node, names.get(result)!, scope))
  }
  const axes = headOf(spec.head, heads).axes(spec.head)
  // A layer of your own may depend on the size of its maps: then the batch alone is free.
  const own = spec.stages.some(({ blocks }) => blocks.some(({ branch }) => branch.some(({ after }) => after)))
  const free = (names: FreeAxes = []) => (own ? names.slice(0, 1) : names)
  const model = message(
    integer(1, IR_VERSION),
    part(2, 'resnet.ts'),
    part(
      7,
      message(
        part(1, ...nodes),
        part(2, spec.name),
        part(5, ...initializers),
        part(
          11,
          ...graph.inputs.filter(({ role }) => role === 'data').map((input) => described(input, free(axes.pictures))),
        ),
        part(12, ...graph.outputs.map((output) => described(output, free(axes.outputs[output.name])))),
      ),
    ),
    part(8, message(part(1, ''), integer(2, OPERATOR_SET))),
    property('preprocessing', preprocessing),
    property('classes', preprocessing.classes),
    property('spec', spec),
  )
  return joined(model)
}

/**
 * Translates a node to one or several ONNX nodes in a row, each reading the one before.
 * @throws ConfigError if ONNX has no counterpart of its operation
 */
export function encodeNode(node: Node, result: string, scope: Scope): Encoded[] {
  const make = translations[node.op as OpName] as ((node: Node, scope: Scope) => readonly OnnxNode[]) | undefined
  if (!make)
    throw new ConfigError(
      `${node.path}: ONNX export does not know ${opOf(node).name}; leave this layer out, or save as safetensors`,
    )
  const parts = make(node, scope)
  return parts.map(({ type, inputs, attributes = [] }, i) => {
    const inner = (number: number) => `${result}.${number}`
    const read = inputs.map((name) => (name === PREVIOUS ? inner(i) : name))
    const written = i === parts.length - 1 ? result : inner(i + 1)
    return message(part(1, ...read), part(2, written), part(3, written), part(4, type), part(5, ...attributes))
  })
}

/** Refers to the result of the node before. */
const PREVIOUS = '<'

type Translations = { readonly [Name in OpName]?: (node: NodeOf<Name>, scope: Scope) => readonly OnnxNode[] }

/** The ONNX counterparts of the operations of inference graphs. */
const translations: Translations = {
  conv2d: ({ attributes: a, inputs }, { name }) => {
    const attributes = [
      ints('kernel_shape', inputs[1]!.type.shape.slice(2)), // some readers do not look at the weight's shape
      ints('strides', a.stride),
      ints('pads', both(a.padding)),
      ints('dilations', a.dilation),
      int('group', a.groups ?? 1),
    ]
    return [{ type: 'Conv', inputs: inputs.map(name), attributes }]
  },
  addBias: ({ inputs: [x, bias] }, { name, constant }) => [
    { type: 'Reshape', inputs: [name(bias!), constant([bias!.type.shape[0]!, 1, 1])] },
    { type: 'Add', inputs: [name(x!), PREVIOUS] },
  ],
  scale: ({ attributes, inputs }, { name, number }) => [
    { type: 'Mul', inputs: [name(inputs[0]!), number(attributes.factor)] },
  ],
  batchNormInference: ({ attributes, inputs }, { name }) => [
    { type: 'BatchNormalization', inputs: inputs.map(name), attributes: [real('epsilon', attributes.epsilon)] },
  ],
  relu: ({ inputs }, { name }) => [{ type: 'Relu', inputs: inputs.map(name) }],
  sigmoid: ({ inputs }, { name }) => [{ type: 'Sigmoid', inputs: inputs.map(name) }],
  softplus: ({ inputs }, { name }) => [{ type: 'Softplus', inputs: inputs.map(name) }],
  add: ({ inputs }, { name }) => [{ type: 'Add', inputs: inputs.map(name) }],
  multiply: ({ inputs }, { name }) => [{ type: 'Mul', inputs: inputs.map(name) }],
  concatenate: ({ inputs }, { name }) => [{ type: 'Concat', inputs: inputs.map(name), attributes: [int('axis', 1)] }],
  maxPool: ({ attributes: a, inputs }, { name }) => [
    {
      type: 'MaxPool',
      inputs: inputs.map(name),
      attributes: [ints('kernel_shape', a.kernel), ints('strides', a.stride), ints('pads', both(a.padding))],
    },
  ],
  averagePool: ({ attributes: a, inputs }, { name }) => [
    {
      type: 'AveragePool',
      inputs: inputs.map(name),
      attributes: [
        ints('kernel_shape', a.kernel),
        ints('strides', a.stride),
        ints('pads', both(a.padding)),
        int('count_include_pad', 1),
      ],
    },
  ],
  globalAveragePool: ({ inputs }, { name }) => [
    { type: 'GlobalAveragePool', inputs: inputs.map(name) },
    { type: 'Flatten', inputs: [PREVIOUS], attributes: [int('axis', 1)] },
  ],
  linear: ({ inputs }, { name }) => [{ type: 'Gemm', inputs: inputs.map(name), attributes: [int('transB', 1)] }],
  pixelShuffle: ({ attributes, inputs }, { name }) => [
    {
      type: 'DepthToSpace',
      inputs: inputs.map(name),
      attributes: [int('blocksize', attributes.factor), text('mode', 'CRD')],
    },
  ],
  resize: ({ attributes: { size, filter, antialias }, inputs: [x], path }, { name, numbers }) => {
    const scales = size.map((length, axis) => length / x!.type.shape[axis + 2]!)
    if (antialias || !scales.every(Number.isSafeInteger))
      throw new ConfigError(
        `${path}: ONNX export knows resizing by whole numbers and without antialias only; leave this layer out, or save as safetensors`,
      )
    return [
      {
        type: 'Resize',
        inputs: [name(x!), '', numbers([1, 1, ...scales])], // without the region of interest
        attributes: [text('mode', filter === 'bilinear' ? 'linear' : 'cubic'), real('cubic_coeff_a', -0.75)],
      },
    ]
  },
  padShortcut: ({ attributes: { stride, channels, before }, inputs }, { name, constant }) => {
    const after = channels - before - inputs[0]!.type.shape[1]!
    const slice = { starts: [0, 0], ends: [TO_THE_END, TO_THE_END], axes: [2, 3], steps: stride }
    return [
      { type: 'Slice', inputs: [name(inputs[0]!), ...Object.values(slice).map(constant)] },
      { type: 'Pad', inputs: [PREVIOUS, constant([0, before, 0, 0, 0, after, 0, 0])] },
    ]
  },
}

/** Padding before both axes, then after both. */
function both(padding: readonly number[]): number[] {
  return [...padding, ...padding]
}

const kinds = { float: 1, int: 2, text: 3, ints: 7 } as const

function real(name: string, value: number): Encoded {
  return message(part(1, name), float(2, value), integer(20, kinds.float))
}

function int(name: string, value: number): Encoded {
  return message(part(1, name), integer(3, value), integer(20, kinds.int))
}

function text(name: string, value: string): Encoded {
  return message(part(1, name), part(4, value), integer(20, kinds.text))
}

function ints(name: string, values: readonly number[]): Encoded {
  return message(part(1, name), integer(8, ...values), integer(20, kinds.ints))
}

function floats(name: string, shape: readonly number[], data: Float32Array): Encoded {
  invariant(data.length === shape.reduce((a, b) => a * b, 1), `${name} does not have its shape`)
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return message(integer(1, ...shape), integer(2, FLOAT), part(8, name), part(9, bytes))
}

function wholes(name: string, values: readonly number[]): Encoded {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
  return message(integer(1, values.length), integer(2, INT64), part(8, name), part(9, bytes))
}

/** An input or output: its name, type and shape. Dimensions with a name in `free` are free. */
function described(
  { name, value }: Pick<GraphInput, 'name' | 'value'>,
  free: readonly (string | undefined)[],
): Encoded {
  const dimensions = value.type.shape.map((size, axis) => {
    const named = free[axis]
    return named === undefined ? integer(1, size) : part(2, named)
  })
  return message(part(1, name), part(2, part(1, message(integer(1, FLOAT), part(2, part(1, ...dimensions))))))
}

function property(key: string, value: unknown): Encoded {
  return part(14, message(part(1, key), part(2, JSON.stringify(value))))
}
