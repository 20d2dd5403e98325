/** Writes pickles and zip archives by hand, honest ones and others. */
import { deflateRawSync } from 'node:zlib'
import { crc32 } from '../../src/util/crc32.js'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const global = (module: string, name: string) => bytes(`c${module}\n${name}\n`)
const text = (value: string) => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(Buffer.byteLength(value))
  return Buffer.concat([bytes('X'), length, Buffer.from(value)])
}

/** A pickle of protocol 2: these opcodes, then STOP. */
export const pickle = (...opcodes: readonly Uint8Array[]) => Buffer.concat([bytes('\x80\x02'), ...opcodes, bytes('.')])

export const op = {
  bytes,
  global,
  text,
  /** `module.name(argument)`, as harmful pickles have it. */
  call: (module: string, name: string, argument: string) =>
    Buffer.concat([global(module, name), text(argument), bytes('\x85R')]),
}

export interface Entry {
  readonly name: string
  readonly data: Uint8Array
  readonly deflate?: boolean
  /** What the directory says, where it lies. */
  readonly says?: {
    readonly size?: number
    readonly packed?: number
    readonly sum?: number
    readonly method?: number
    readonly flags?: number
  }
}

/** A zip archive. */
export function zip(entries: readonly Entry[]): Uint8Array {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, data, deflate = false, says = {} } of entries) {
    const packed = deflate ? deflateRawSync(data) : Buffer.from(data)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(says.flags ?? 0, 2)
    fields.writeUInt16LE(says.method ?? (deflate ? 8 : 0), 4)
    fields.writeUInt32LE(says.sum ?? crc32(data), 10)
    fields.writeUInt32LE(says.packed ?? packed.length, 14)
    fields.writeUInt32LE(says.size ?? data.length, 18)
    fields.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([bytes('PK\x03\x04'), fields, bytes(name), packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(at, 10)
    directory.push(Buffer.concat([bytes('PK\x01\x02\x14\x00'), fields, rest, bytes(name)]))
    locals.push(local)
    at += local.length
  }
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(
    directory.reduce((sum, part) => sum + part.length, 0),
    8,
  )
  end.writeUInt32LE(at, 12)
  return new Uint8Array(Buffer.concat([...locals, ...directory, bytes('PK\x05\x06'), end]))
}
