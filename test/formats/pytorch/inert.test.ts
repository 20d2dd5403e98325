// Nothing in a pickle is run: unknown classes and functions become records, and the weights beside them are read.
import { expect, test } from 'vitest'
import { openSaved } from '../../../src/api/files/saved.js'
import { decodeNetwork } from '../../../src/api/files/weights.js'
import { entriesOf } from '../../../src/formats/pytorch/entries.js'
import { Inert } from '../../../src/formats/pytorch/inert.js'
import { openPyTorch } from '../../../src/formats/pytorch/saved-file.js'
import { DataError } from '../../../src/util/errors.js'
import { op, pickle, zip } from '../make-pickle.js'
import { modulePickle, netTensors, oldParameter, savedAs, stateDict } from './make-saved.js'

const { bytes, global, text } = op
const file = (...opcodes: readonly Uint8Array[]) => zip([{ name: 'a/data.pkl', data: pickle(...opcodes) }])
const opened = async (...opcodes: readonly Uint8Array[]) => (await openPyTorch(file(...opcodes), 'x'))!

test.each<[string, readonly Uint8Array[], string]>([
  ['REDUCE', [op.call('os', 'system', 'touch harm')], 'os.system'],
  ['a name from the stack', [text('posix'), text('system'), bytes('\x93'), text('ls'), bytes('\x85R')], 'posix.system'],
  ['NEWOBJ', [global('evil', 'Class'), bytes(')\x81')], 'evil.Class'],
  ['NEWOBJ_EX', [global('evil', 'Class'), bytes(')}\x92')], 'evil.Class'],
  ['INST', [bytes('(ios\nsystem\n')], 'os.system'],
  ['OBJ', [bytes('('), global('os', 'system'), bytes('o')], 'os.system'],
  ['builtins', [op.call('builtins', 'eval', '1')], 'builtins.eval'],
])('%s makes a record', async (_, opcodes, name) => {
  const { value, notRun } = await opened(...opcodes)
  expect(value).toBeInstanceOf(Inert)
  expect([...notRun]).toEqual([[name, 1]])
  await expect(decodeNetwork(file(...opcodes), 'x')).rejects.toThrow(
    `x: no weights found: expected a dictionary of tensors (a state_dict) or a module, got ${name}, not made; its pickle calls ${name}; nothing of it was run`,
  )
})

test('keys of a file become the names of no property', async () => {
  const { value } = await opened(
    global('evil', 'Class'),
    bytes(')\x81}('),
    ...['__proto__', 'constructor', 'name', 'args'].flatMap((key) => [
      text(key),
      bytes('}'),
      text('polluted'),
      bytes('\x88s'),
    ]),
    bytes('ub'),
  )
  const record = value as Inert
  expect([...record.state.keys()]).toEqual(['__proto__', 'constructor', 'name', 'args'])
  expect(record.name).toBe('evil.Class')
  expect(Object.getPrototypeOf(record)).toBe(Inert.prototype)
  expect(Object.keys(record).sort()).toEqual(['args', 'name', 'state'])
  expect('polluted' in {}).toBe(false)
})

test('cycles are visited once', async () => {
  const { value, budget } = await opened(
    bytes('}q\x01'),
    text('self'),
    bytes('h\x01s'),
    text('list'),
    bytes(']q\x02h\x02ah\x01as'),
  )
  expect(entriesOf(value, budget)).toEqual([])
  const own = await opened(
    global('evil', 'Class'),
    bytes(')\x81q\x01}'),
    ...['_parameters', '_buffers', '_modules'].flatMap((name) => [text(name), bytes('}')]),
    text('again'),
    bytes('h\x01ssssb'),
  ).catch((error: unknown) => error)
  expect(own).not.toBeInstanceOf(RangeError)
})

test.each<[string, Uint8Array]>([
  [
    'argparse.Namespace',
    Buffer.concat([global('argparse', 'Namespace'), bytes(')\x81}'), text('lr'), bytes('K\x01sb')]),
  ],
  ['set', Buffer.concat([global('__builtin__', 'set'), bytes(']K\x01a\x85R')])],
  ['defaultdict', Buffer.concat([global('collections', 'defaultdict'), global('builtins', 'list'), bytes('\x85R')])],
  ['torch.device', op.call('torch', 'device', 'cuda')],
  ['dtype', global('torch', 'float32')],
  ['PosixPath', op.call('pathlib', 'PosixPath', 'runs')],
  ['a NumPy scalar', op.call('numpy.core.multiarray', 'scalar', 'f8')],
])('%s beside weights is not worth a word', async (_, extra) => {
  const { spec, notes } = await decodeNetwork(savedAs({ state_dict: stateDict(netTensors()), extra }), 'x')
  expect(spec.head).toMatchObject({ classes: 3 })
  expect(notes).toBeUndefined()
})

test('other objects are named', async () => {
  const extra = Buffer.concat([op.call('os', 'system', 'touch harm'), bytes('0'), op.call('my.optim', 'Lion', 'x')])
  const { notes } = await decodeNetwork(savedAs({ state_dict: stateDict(netTensors()), extra }), 'x')
  expect(notes).toEqual(['its pickle calls os.system, my.optim.Lion; nothing of it was run'])
})

test('a whole module has the names of its state dict', async () => {
  const tensors = netTensors()
  const { weights, notes } = await decodeNetwork(savedAs(modulePickle(tensors)), 'x')
  const alone = await decodeNetwork(savedAs(stateDict(tensors)), 'x')
  expect(weights).toEqual(alone.weights)
  expect(notes).toEqual(['its pickle calls __main__.Net; nothing of it was run'])
  const saved = (await openSaved(savedAs(modulePickle(tensors)), 'x'))!
  expect(saved.entries.map(({ tensors }) => tensors.has('temporary'))).toEqual([false])
  const { form, entries, calls } = saved.contents()
  expect(form).toBe('PyTorch, zip form')
  expect(entries[0]).toEqual({
    path: '/',
    value: `${saved.entries[0]!.tensors.size} tensors, a module of the class __main__.Net`,
  })
  expect(calls[0]!.name).toBe('__main__.Net')
})

test('a module of PyTorch before 0.4 opens, whose parameters are calls with their tensors', async () => {
  const tensors = netTensors()
  const { weights } = await decodeNetwork(savedAs({ model: modulePickle(tensors, '', oldParameter) }), 'x')
  expect(weights).toEqual((await decodeNetwork(savedAs(stateDict(tensors)), 'x')).weights)
})

test('a record where a weight is needed is an error that names it', async () => {
  const packed = op.call('torch._utils', '_rebuild_qtensor', 'x')
  const names = [...netTensors().keys()]
  const dictionary = Buffer.concat([bytes('}('), ...names.flatMap((name) => [text(name), packed]), bytes('u')])
  await expect(decodeNetwork(file(dictionary), 'x')).rejects.toThrow(
    new DataError(
      'x: its tensor conv1.weight is made by torch._utils._rebuild_qtensor, which is not run; save the weights as plain float tensors, in PyTorch: torch.save(model.state_dict(), path)',
    ),
  )
})

test('a dictionary and another one of the same tensors are one network', async () => {
  const one = stateDict(netTensors())
  const saved = (await openSaved(savedAs({ state_dict: one, copy: one }), 'x'))!
  expect(saved.entries.map(({ path }) => path)).toEqual(['state_dict'])
})
