/** Lines of progress within the width of the terminal. */
import { describe, expect, test, vi } from 'vitest'
import { classifierWords } from '../../../src/cli/tasks/classify/words.js'
import { DemoDisplay } from '../../../src/cli/terminal/demo-display.js'
import { TrainDisplay } from '../../../src/cli/terminal/train-display.js'
import { barSize, columns, fitted, wrapped } from '../../../src/cli/terminal/width.js'
import { demoNets } from '../../../src/internal.js'

test('a terminal tells its columns, within 40 and 80; elsewhere there are 80', () => {
  expect(columns({ isTTY: true, columns: 60 })).toBe(60)
  expect(columns({ isTTY: true, columns: 20 })).toBe(40)
  expect(columns({ isTTY: true, columns: 200 })).toBe(80)
  expect(columns({ isTTY: false, columns: 200 })).toBe(80)
})

test('parts of the highest rank fall away first, the order stays', () => {
  const parts = [
    ['epoch 1/10', 0],
    ['loss 1.2', 3],
    ['error 45 %', 1],
    ['lr 0.1', 9],
  ] as const
  expect(fitted(parts, 80)).toBe('epoch 1/10  loss 1.2  error 45 %  lr 0.1')
  expect(fitted(parts, 34)).toBe('epoch 1/10  loss 1.2  error 45 %')
  expect(fitted(parts, 31)).toBe('epoch 1/10  error 45 %')
  expect(fitted(parts, 4)).toBe('epoch 1/10')
  expect(barSize(80)).toBe(16)
  expect(barSize(40)).toBe(8)
})

test('long text is broken between words', () => {
  expect(wrapped('  one two three four', '    ', 12)).toBe('  one two\n    three\n    four')
  expect(wrapped('short', '  ')).toBe('short')
})

describe('what is printed fits', () => {
  function linesOf(work: () => void): string[] {
    const lines: string[] = []
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
    try {
      work()
    } finally {
      write.mockRestore()
    }
    return lines.flatMap((text) => text.trimEnd().split('\n'))
  }

  test('an epoch of a long training', () => {
    const display = new TrainDisplay(164, classifierWords)
    const figures = { loss: 2.5, top1Error: 89.95, accuracy: 10.05, count: 50000, correct: 5025 }
    const record = { epoch: 164, step: 64124, lr: 0.00012, train: figures, val: figures, test: figures }
    const [line] = linesOf(() => display.epoch(record as never))
    expect(line).toContain('test error 90.0 %')
    expect(line!.length).toBeLessThanOrEqual(80)
  })

  test('a round of the demo', () => {
    const display = new DemoDisplay(600)
    const point = { step: 600, trainError: 100, testError: 100, trainLoss: 1, testLoss: 1 }
    const lines = linesOf(() => {
      for (const net of demoNets) display.point(net, point as never)
    })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/plain-20 100, -56 100 {2}ResNet-20 100, -56 100/)
    expect(lines[0]!.length).toBeLessThanOrEqual(80)
  })
})
