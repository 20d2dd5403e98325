/** What the pages of the lab say of their figures: each sentence follows from what stands beside it. */
import { describe, expect, test } from 'vitest'
import type { BlockSeen } from '../../lab/src/compute/block.js'
import type { OpenedNets } from '../../lab/src/compute/lesions.js'
import { guessingError } from '../../lab/src/compute/race.js'
import { isIdentity, verdictWords } from '../../lab/src/pages/block-fields.js'
import { singleWords, unharmedWords } from '../../lab/src/pages/lesion-words.js'
import { leftWords } from '../../lab/src/pages/signal-words.js'
import { type Raced, standingOf, standingWords } from '../../lab/src/state/standing.js'
import { drawnBlocks, orderOf, orderWords } from '../../lab/src/state/structure.js'
import { cifarBasic, plainTwin } from '../../src/internal.node.js'

describe('the order of blocks', () => {
  const blocks = drawnBlocks(cifarBasic({ depth: 32 }))
  const trained = blocks.map(({ path }) => path)

  test('has a tau over the blocks that may change places: 1 as trained, -1 where each stage is reversed', () => {
    expect(orderOf(trained, blocks).tau).toBe(1)
    expect(orderOf(trained.toReversed(), blocks).tau).toBe(-1)
    const swapped = ['stage1.block2', 'stage1.block1', ...trained.slice(2)]
    // Of 10, 6 and 6 pairs of blocks that keep sizes one is the other way round.
    expect(orderOf(swapped, blocks).tau).toBeCloseTo(1 - 2 / 22)
  })

  test('by chance has tau 0 within the spread that is told, over all orders that there are', () => {
    const few = drawnBlocks(cifarBasic({ depth: 26 })) // 4, 3 and 3 blocks that keep sizes
    const orders = ([first, ...rest]: string[]): string[][] =>
      first === undefined
        ? [[]]
        : orders(rest).flatMap((order) =>
            Array.from({ length: order.length + 1 }, (_, i) => [...order.slice(0, i), first, ...order.slice(i)]),
          )
    const ofStage = (stage: number) => few.filter((block) => block.stage === stage).map(({ path }) => path)
    const kept = (paths: string[]) => paths.filter((path) => !few.find((block) => block.path === path)!.changesSize)
    const taus = orders(kept(ofStage(1))).flatMap((a) =>
      orders(kept(ofStage(2))).flatMap((b) => orders(kept(ofStage(3))).map((c) => orderOf([...a, ...b, ...c], few))),
    )
    expect(taus).toHaveLength(24 * 6 * 6)
    const mean = taus.reduce((sum, { tau }) => sum + tau!, 0) / taus.length
    const variance = taus.reduce((sum, { tau }) => sum + tau! ** 2, 0) / taus.length
    expect(mean).toBeCloseTo(0, 10)
    expect(taus[0]!.spread).toBeCloseTo(Math.sqrt(variance), 10)
  })

  test('is compared with chance in words', () => {
    expect(orderWords({ tau: 1, spread: 0.27 })).toBe('1 as trained; orders by chance have 0 ± 0.27')
    expect(orderWords({ tau: -0.2, spread: 0.27 })).toBe('as by chance, which gives 0 ± 0.27')
    expect(orderWords({ tau: 0.5, spread: 0.27 })).toBe('more than by chance, which gives 0 ± 0.27')
    expect(orderWords({ tau: -0.5, spread: 0.27 })).toBe('less than by chance, which gives 0 ± 0.27')
    const [alone] = drawnBlocks(cifarBasic({ depth: 8 }))
    expect(orderWords(orderOf([alone!.path], [alone!]))).toBe('no two blocks can change places')
  })
})

describe('Lesions', () => {
  const residual = cifarBasic({ depth: 32 })
  const both: OpenedNets = {
    residual: { spec: residual, origin: '', testError: 1.5, notes: [] },
    plain: { spec: plainTwin(residual), origin: '', testError: 3.1, notes: [] },
  }

  test('says with what the nets err that are shown', () => {
    expect(unharmedWords({})).toBe('')
    expect(unharmedWords({ plain: both.plain! })).toBe('Unharmed, plain-32 errs on 3.1 % of the test pictures.')
    expect(unharmedWords(both)).toBe(
      'Unharmed, ResNet-32 errs on 1.5 % and plain-32 errs on 3.1 % of the test pictures.',
    )
  })

  test('sums up what each block is worth once all were taken out, and leaves out what was not cut', () => {
    const single = {
      a: { residual: { error: 2 }, plain: { error: 80 } },
      b: { residual: { error: 10.5 }, plain: { refused: 'it changes sizes' } },
    }
    expect(singleWords(both, single, 3)).toBe('')
    expect(singleWords(both, single, 2)).toBe(
      'Without one block ResNet-32 errs on 2.0 % to 10.5 %, and on 1.5 % with all blocks. ' +
        'Without one block plain-32 errs on 80.0 % to 80.0 %, and on 3.1 % with all blocks; it cannot lose 1 of its 2 blocks.',
    )
  })
})

describe('Race', () => {
  const names = { plain: 'plain-44', residual: 'ResNet-44' }
  const flat = (error: number, until: number) =>
    Array.from({ length: until / 5 }, (_, i) => [5 * (i + 1), error] as const)
  /** Errors of both nets on test and training pictures, all along. */
  const raced = (test: [number, number], train = test, more: Partial<Raced> = {}): Raced => ({
    test: {
      plain: [
        [25, 90],
        [50, test[0]],
      ],
      residual: [
        [25, 90],
        [50, test[1]],
      ],
    },
    train: { plain: flat(train[0], 50), residual: flat(train[1], 50) },
    batchSize: 32,
    testPictures: 500,
    guessing: 90,
    ...more,
  })
  const said = (race: Raced, depth = 44, finished = false) =>
    standingWords(standingOf(race), { depth, names, finished })
      .map(({ text }) => text)
      .join('')

  test('says nothing of a lead before both were tested', () => {
    const none = { plain: [], residual: [] }
    expect(said(raced([80, 40], [80, 40], { test: none, train: none }))).toBe(
      'The first test comes after 25 steps. Both nets guess at first.',
    )
    expect(standingOf(raced([80, 40], [80, 40], { test: { plain: [[25, 50]], residual: [] } })).test).toBeUndefined()
  })

  test('tells figures of one step only, though one net is tested before the other', () => {
    const race = raced([80, 40])
    const ahead = { ...race, test: { ...race.test, plain: [...race.test.plain, [75, 10] as const] } }
    expect(standingOf(ahead).test).toMatchObject({ step: 50, plain: 80, residual: 40 })
    expect(standingOf(ahead).train).toMatchObject({ step: 50, pictures: 40 * 32 })
  })

  test('a residual net ahead on both is no overfitting of the plain one', () => {
    expect(said(raced([60, 20]))).toBe(
      'At step 50 ResNet-44 errs on 20 % of 500 test pictures, plain-44 on 60 %: the residual net is ahead by 40 points, ' +
        'and chance explains up to 5.7 points on so many pictures. On the 1,280 pictures that they trained on last the errors are ' +
        '20 % against 60 %. That is not overfitting: the plain net fails to fit its own training pictures. Layers that pass their ' +
        'input on would do no harm, but training does not find them.',
    )
    expect(said(raced([60, 20], [18, 19]))).toContain(
      'Both fit their training pictures about equally, or the plain net fits them better',
    )
  })

  test('a plain net ahead is said to be, and not that there is little between them', () => {
    const words = said(raced([20, 60]))
    expect(words).toContain('the plain net is ahead by 40 points')
    expect(words).toContain('The papers found the opposite for deep nets, in longer trainings. Give them more steps.')
  })

  test('what chance makes of few pictures is no lead', () => {
    expect(standingOf(raced([46, 40])).leader).toBeUndefined()
    expect(standingOf(raced([46, 40], [46, 40], { testPictures: 50_000 })).leader).toBe('residual')
    expect(said(raced([46, 40]))).toContain(
      'no difference that counts, as chance explains up to 6.3 points on so many pictures',
    )
    expect(said(raced([46, 40]))).toMatch(/Give them more steps\.$/)
    expect(said(raced([30, 30]), 20)).toMatch(/At 20 layers a plain net still trains\.$/)
    expect(said(raced([30, 30]), 44, true)).toMatch(/In this race 44 layers did the plain net no visible harm\.$/)
  })

  test('two nets that guess are not said to train', () => {
    expect(said(raced([89, 90]), 8)).toMatch(
      /Both are no better than one fixed answer for all pictures\. Give them more steps\.$/,
    )
    expect(said(raced([90, 86.5]), 8, true)).toMatch(
      /The plain net is no better than one fixed answer for all pictures\.$/,
    )
  })

  test('guessing is worth the largest class', () => {
    expect(guessingError([0, 0, 0, 1], 2)).toBe(25)
    expect(guessingError(Uint8Array.of(0, 1, 2, 3), 4)).toBe(75)
  })
})

describe('Signal', () => {
  const seen = (plain: number, residual: number) =>
    (
      [
        ['plain', plain],
        ['residual', residual],
      ] as const
    ).map(([kind, likeness]) => ({
      kind,
      depths: [
        { layers: 1, likeness: 0.99, deviation: 1 },
        { layers: 51, likeness, deviation: 1 },
      ],
      pictures: [],
    }))

  test('has figures for its answer once there are any', () => {
    expect(leftWords([], { gain: 1, norm: 1 })).toBeUndefined()
    expect(leftWords(seen(0.02, 0.21), { gain: 1, norm: 1 })).toBe(
      'At the end of the nets below (weights of 1.00 times their usual size, with batch norm) 0.21 of the picture can be ' +
        'recovered from the residual one, 0.02 from the plain one.',
    )
    expect(leftWords(seen(0.17, 0.88), { gain: 0.5, norm: 0 })).toContain(
      '0.50 times their usual size, without batch norm',
    )
  })
})

describe('Block', () => {
  const seen = (difference: number, second?: number) => ({ taps: [], difference, second }) as unknown as BlockSeen

  test('is the identity to as many decimals as are shown, and says so of the channels that the input has', () => {
    expect(verdictWords(seen(0))).toBe('The output is the input.')
    expect(verdictWords(seen(0.004))).toBe('The output is the input, to two decimals.')
    expect(isIdentity(seen(0.006))).toBe(false)
    expect(verdictWords(seen(1.5))).toBe('Largest difference of output and input: 1.50.')
    expect(verdictWords(seen(1.5, 0))).toBe('Largest difference of output and input, in the first channel: 1.50.')
    expect(verdictWords(seen(0, 0))).toBe('The first channel is the input; the second is zeros.')
    expect(verdictWords(seen(0, 2))).toBe(
      'The first channel is the input; the second is not: its largest absolute value is 2.00.',
    )
  })
})
