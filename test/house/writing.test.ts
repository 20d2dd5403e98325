/** The package writes files in one way only: whole or not at all. */
import { expect, test } from 'vitest'
import { readTree } from './sources.js'

/** Names of Node and of sharp that write, or open to write. */
const writing =
  /\b(writeFile|writeFileSync|appendFile|appendFileSync|createWriteStream|copyFile|copyFileSync|cpSync|toFile|openSync)\b|\bopen\([^)]*['"](w|a|r\+|wx)\+?['"]/g

/** Files that write in another way, each with the reason. */
const allowed: Readonly<Record<string, string>> = {
  'src/util/files/system.node.ts': 'the operations that the one way needs',
  'src/util/files/write.node.ts': 'the one way',
  'src/data/folder/pack.node.ts': 'writes piece by piece into a temporary file that is moved in the end, and reads',
  'src/data/cifar/download.node.ts':
    'writes piece by piece into FILE.partial, which is moved when its check sum is right',
  'src/train/run/folder.node.ts': 'adds lines to metrics.jsonl',
  'src/train/run/lock.node.ts': 'makes a lock, which must not replace one',
}

test('files are written whole, by writeAtomically', () => {
  const found = [...readTree('src')]
    .filter(([file]) => !(file in allowed))
    .flatMap(([file, text]) => (text.match(writing) ?? []).map((name) => `${file}: ${name}`))
  expect(found).toEqual([])
})

test('every exception is one', () => {
  const tree = readTree('src')
  expect(
    Object.keys(allowed).filter((file) => !tree.get(file)?.match(writing) && file !== 'src/util/files/write.node.ts'),
  ).toEqual([])
})
