/** Small sets in the CIFAR layout and tar archives, made by the tests that read them. */
import { Random } from '../../../src/util/random.js'

/** Records with the given label bytes each and pixels of a stream named by `key`. */
export function records(labels: readonly (readonly number[])[], key: number): Uint8Array {
  const random = new Random(key)
  return Uint8Array.from(labels.flatMap((own) => [...own, ...Array.from({ length: 3072 }, () => random.below(256))]))
}

/** A ustar archive. A name that ends in a slash becomes a folder. */
export function tar(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, bytes]) => {
    const padding = new Uint8Array((512 - (bytes.length % 512)) % 512)
    return [tarHeader(name, bytes.length), bytes, padding]
  })
  return Buffer.concat([...blocks, new Uint8Array(1024)])
}

function tarHeader(name: string, size: number): Uint8Array {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('        ', 148)
  header.write(name.endsWith('/') ? '5' : '0', 156)
  header.write('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

const labelled = (labels: readonly number[], key: number) =>
  records(
    labels.map((label) => [label]),
    key,
  )

/** A CIFAR-10 with 5 + 2 + 1 + 1 + 1 pictures to train on and 4 to test on. */
export const tinyCifar10: Readonly<Record<string, Uint8Array>> = {
  'data_batch_1.bin': labelled([3, 9, 0, 7, 2], 1),
  'data_batch_2.bin': labelled([5, 5], 2),
  'data_batch_3.bin': labelled([1], 3),
  'data_batch_4.bin': labelled([4], 4),
  'data_batch_5.bin': labelled([8], 5),
  'test_batch.bin': labelled([6, 0, 1, 9], 6),
}

/** A CIFAR-100 with 3 and 2 pictures; the coarse labels differ from the fine ones. */
export const tinyCifar100: Readonly<Record<string, Uint8Array>> = {
  'train.bin': records(
    [
      [19, 99],
      [0, 50],
      [7, 0],
    ],
    1,
  ),
  'test.bin': records(
    [
      [3, 42],
      [4, 43],
    ],
    2,
  ),
}
