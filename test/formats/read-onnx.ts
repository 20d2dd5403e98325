/** Reads what an ONNX model says of itself, by the public schema: enough to see that it is what was meant. */

/** Fields of a message by number: whole numbers, or bytes. */
type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>

export function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>()
  let at = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const kind = tag % 8
    let value: number | Uint8Array
    if (kind === 0) value = varint()
    else {
      const length = kind === 2 ? varint() : 4
      value = bytes.subarray(at, at + length)
      at += length
      if (kind === 5) value = new DataView(value.buffer, value.byteOffset).getFloat32(0, true)
    }
    const number = Math.floor(tag / 8)
    fields.set(number, [...(fields.get(number) ?? []), value])
  }
  if (at !== bytes.length) throw new Error('a field reaches beyond its message')
  return fields
}

const text = (value: number | Uint8Array | undefined) => new TextDecoder().decode(value as Uint8Array)
const messages = (fields: Fields, number: number) =>
  (fields.get(number) ?? []).map((bytes) => fieldsOf(bytes as Uint8Array))

/** The model line by line: inputs, nodes with their attributes, outputs. */
export function onnxText(model: Uint8Array): string {
  const graph = messages(fieldsOf(model), 7)[0]!
  const described = (word: string, fields: Fields) => {
    const tensor = messages(messages(fields, 2)[0]!, 1)[0]!
    const sizes = messages(messages(tensor, 2)[0]!, 1).map((dimension) =>
      dimension.has(2) ? text(dimension.get(2)![0]) : dimension.get(1)![0],
    )
    return `${word} ${text(fields.get(1)![0])} [${sizes.join(', ')}]`
  }
  const attribute = (fields: Fields) => {
    const value = fields.get(8) ?? fields.get(3) ?? fields.get(2)?.map((value) => (value as number).toPrecision(3))
    return `${text(fields.get(1)![0])}=${value ? value.join(',') : text(fields.get(4)![0])}`
  }
  return [
    ...messages(graph, 11).map((input) => described('input', input)),
    ...messages(graph, 1).map(
      (node) =>
        `${text(node.get(2)![0])} = ${text(node.get(4)![0])}(${node.get(1)!.map(text).join(', ')})${messages(node, 5)
          .map((fields) => ` ${attribute(fields)}`)
          .join('')}`,
    ),
    ...messages(graph, 12).map((output) => described('output', output)),
  ].join('\n')
}

export function onnxProperties(model: Uint8Array): Record<string, unknown> {
  return Object.fromEntries(
    messages(fieldsOf(model), 14).map((entry) => [text(entry.get(1)![0]), JSON.parse(text(entry.get(2)![0]))]),
  )
}

export function operatorSet(model: Uint8Array): number {
  return messages(fieldsOf(model), 8)[0]!.get(2)![0] as number
}

/** A node by its parts; attributes that are lists of whole numbers, by name. */
export interface OnnxNode {
  readonly type: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly lists: ReadonlyMap<string, readonly number[]>
}

/** What a model is made of: inputs and outputs by name, weights and constants by name, nodes in their order. */
export function onnxParts(model: Uint8Array) {
  const graph = messages(fieldsOf(model), 7)[0]!
  const names = (fields: Fields, number: number) => (fields.get(number) ?? []).map(text)
  return {
    inputs: messages(graph, 11).map((fields) => text(fields.get(1)![0])),
    outputs: messages(graph, 12).map((fields) => text(fields.get(1)![0])),
    initializers: new Map(
      messages(graph, 5).map((fields) => [
        text(fields.get(8)![0]),
        { shape: (fields.get(1) ?? []) as number[], bytes: fields.get(9)![0] as Uint8Array },
      ]),
    ),
    nodes: messages(graph, 1).map(
      (fields): OnnxNode => ({
        type: text(fields.get(4)![0]),
        inputs: names(fields, 1),
        outputs: names(fields, 2),
        lists: new Map(
          messages(fields, 5).flatMap((attribute) => {
            const list = attribute.get(8) as number[] | undefined
            return list ? [[text(attribute.get(1)![0]), list] as const] : []
          }),
        ),
      }),
    ),
  }
}
