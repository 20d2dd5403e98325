/** The verdict of the demonstration: a pure function from the final errors to one sentence. */
import { expectFields, finite, object } from '../../util/expect.js'

/** Errors at the end, in percent. */
export interface FinalErrors {
  readonly train: number
  readonly test: number
}

/** The final errors of the four nets. */
export type Finals = Readonly<Record<'plain20' | 'plain56' | 'resnet20' | 'resnet56', FinalErrors>>

/** The effect of depth on plain and on residual nets. */
export interface DepthVerdict {
  /** `hurt plain, spared residual` is the effect that the papers report; the others are the alternatives. */
  readonly outcome:
    | 'hurt plain, spared residual'
    | 'hurt plain more'
    | 'hurt both'
    | 'hurt residual only'
    | 'hurt neither'
    | 'too early'
  /** Test error of 56 layers less the test error of 20 layers, in points. */
  readonly plainRise: number
  readonly residualRise: number
  /** One sentence for people. */
  readonly sentence: string
}

/**
 * The smallest effect that counts, in points of test error: for a rise with depth, and for the difference between the
 * rises of plain and residual nets. With 1000 test pictures, the difference of two errors has a standard deviation of
 * about 2 points.
 */
export const DEPTH_MARGIN = 5

/**
 * Nets of 20 layers with a larger test error than this have hardly learned. Guessing one of ten classes has an error of
 * 90 %.
 */
const HARDLY_LEARNED = 60

/**
 * Judges the effect of depth on the test errors. Depth hurts a kind of net if its error rises by at least the margin.
 * It hurts the plain nets more if their rise is larger by at least the margin. This difference of differences cancels
 * effects that both kinds share.
 */
export function depthVerdict(finals: Finals): DepthVerdict {
  const nets = { plain20: object, plain56: object, resnet20: object, resnet56: object }
  expectFields(finals, 'depthVerdict: finals', '{ plain20, plain56, resnet20, resnet56 }', nets)
  for (const [net, errors] of Object.entries(finals))
    expectFields(errors, `depthVerdict: finals.${net}`, '{ train, test }', { train: finite, test: finite })
  const plainRise = finals.plain56.test - finals.plain20.test
  const residualRise = finals.resnet56.test - finals.resnet20.test
  const figures =
    `from 20 to 56 layers the test error of the plain nets ${moved(finals.plain20.test, finals.plain56.test)}, ` +
    `that of the residual nets ${moved(finals.resnet20.test, finals.resnet56.test)}`
  const verdict = (outcome: DepthVerdict['outcome'], claim: string): DepthVerdict => ({
    outcome,
    plainRise,
    residualRise,
    sentence: `${claim}: ${figures}.`,
  })
  if (Math.min(finals.plain20.test, finals.resnet20.test) > HARDLY_LEARNED)
    return verdict(
      'too early',
      'These nets have hardly learned, so nothing can be said about depth; give them more steps',
    )
  const plainHurt = plainRise >= DEPTH_MARGIN
  const residualHurt = residualRise >= DEPTH_MARGIN
  if (plainHurt && plainRise - residualRise >= DEPTH_MARGIN)
    return residualHurt
      ? verdict('hurt plain more', 'Depth hurt the plain nets more than the residual ones, but these too')
      : verdict('hurt plain, spared residual', 'Depth hurt the plain nets and spared the residual ones')
  if (plainHurt) return verdict('hurt both', 'Depth hurt the residual nets about as much as the plain ones in this run')
  if (residualHurt)
    return verdict('hurt residual only', 'Depth hurt the residual nets and not the plain ones in this run')
  return verdict('hurt neither', 'Depth hurt neither the plain nor the residual nets in this run')
}

function moved(from: number, to: number): string {
  const change = (to - from).toFixed(1)
  const size = change.replace('-', '')
  const word =
    Number(change) > 0 ? `rose by ${size} points` : Number(change) < 0 ? `fell by ${size} points` : 'stayed the same'
  return `${word} (${from.toFixed(1)} % to ${to.toFixed(1)} %)`
}
