/** Sentences of the page Lesions about the nets that it shows. All facts are computed from the results. */
import type { OpenedNets, Outcome } from '../compute/lesions.js'
import type { Kind, Outcomes } from '../state/lesions.svelte.js'

const kinds = ['residual', 'plain'] as const

/** `resnet32` is shown as `ResNet-32`. */
export const nameOf = (nets: OpenedNets, kind: Kind): string =>
  nets[kind]?.spec.name.replace(/^resnet/, 'ResNet-').replace(/^plain(?=\d)/, 'plain-') ?? ''

const percent = (error: number) => `${error.toFixed(1)} %`

/** States the errors of the nets before any lesion; empty before they are open. */
export function unharmedWords(nets: OpenedNets): string {
  const told = kinds.flatMap((kind) => {
    const net = nets[kind]
    return net ? [`${nameOf(nets, kind)} errs on ${percent(net.testError)}`] : []
  })
  return told.length === 0 ? '' : `Unharmed, ${told.join(' and ')} of the test pictures.`
}

/** Sums up each net without one block, over all of its blocks; empty before each was removed. */
export function singleWords(
  nets: OpenedNets,
  single: Readonly<Partial<Record<string, Outcomes>>>,
  blocks: number,
): string {
  if (blocks === 0 || Object.keys(single).length < blocks) return ''
  const sentences = kinds.flatMap((kind) => {
    const net = nets[kind]
    if (!net) return []
    const outcomes = Object.values(single).flatMap((both): Outcome[] => (both?.[kind] ? [both[kind]] : []))
    const errors = outcomes.flatMap(({ error }) => (error === undefined ? [] : [error]))
    const refused = outcomes.length - errors.length
    const left = refused > 0 ? `; it cannot lose ${refused} of its ${blocks} blocks` : ''
    const span =
      errors.length === 0
        ? 'cannot be tested'
        : `errs on ${percent(Math.min(...errors))} to ${percent(Math.max(...errors))}, and on ${percent(net.testError)} with all blocks`
    return [`Without one block ${nameOf(nets, kind)} ${span}${left}.`]
  })
  return sentences.join(' ')
}
