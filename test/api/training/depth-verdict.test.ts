/** The sentence of the demonstration, in every way it can end. */
import { describe, expect, test } from 'vitest'
import { depthVerdict } from '../../../src/api/training/depth-verdict.js'

/** Test errors of plain-20, plain-56, ResNet-20 and ResNet-56. */
const verdictOf = (...errors: [number, number, number, number]) => {
  const [plain20, plain56, resnet20, resnet56] = errors.map((test) => ({ train: test, test }))
  return depthVerdict({ plain20: plain20!, plain56: plain56!, resnet20: resnet20!, resnet56: resnet56! })
}

describe('the verdict', () => {
  test('says what the papers found, with the figures', () => {
    expect(verdictOf(25, 50.04, 12.4, 12.1)).toEqual({
      outcome: 'hurt plain, spared residual',
      plainRise: expect.closeTo(25.04, 9),
      residualRise: expect.closeTo(-0.3, 9),
      sentence:
        'Depth hurt the plain nets and spared the residual ones: from 20 to 56 layers the test error of the plain nets ' +
        'rose by 25.0 points (25.0 % to 50.0 %), that of the residual nets fell by 0.3 points (12.4 % to 12.1 %).',
    })
  })

  test.each<[string, [number, number, number, number], string, string]>([
    ['no effect', [12, 13, 11, 11], 'hurt neither', 'Depth hurt neither the plain nor the residual nets in this run: '],
    ['both better', [30, 20, 30, 20], 'hurt neither', 'fell by 10.0 points (30.0 % to 20.0 %)'],
    ['both worse alike', [20, 40, 20, 39], 'hurt both', 'Depth hurt the residual nets about as much as the plain ones'],
    ['both worse, plain more', [20, 50, 20, 30], 'hurt plain more', 'more than the residual ones, but these too: '],
    ['residual worse', [20, 20, 20, 40], 'hurt residual only', 'Depth hurt the residual nets and not the plain ones'],
    ['nothing learned', [88, 90, 85, 90], 'too early', 'These nets have hardly learned'],
    ['no change at all', [20, 20, 20, 20], 'hurt neither', 'stayed the same (20.0 % to 20.0 %)'],
  ])('%s', (_, errors, outcome, words) => {
    expect(verdictOf(...errors).outcome).toBe(outcome)
    expect(verdictOf(...errors).sentence).toContain(words)
  })

  test('a rise counts from five points on, and so does the difference of rises', () => {
    expect(verdictOf(10, 14.9, 10, 10).outcome).toBe('hurt neither')
    expect(verdictOf(10, 15, 10, 10).outcome).toBe('hurt plain, spared residual')
    expect(verdictOf(10, 15, 10, 10.1).outcome).toBe('hurt both')
    expect(verdictOf(10, 20, 10, 14.9).outcome).toBe('hurt plain, spared residual')
    expect(verdictOf(10, 20, 10, 15).outcome).toBe('hurt plain more')
  })
})
