/** Sentences of the page Signal about the nets that it shows, from their figures. */
import type { SignalSeen } from '../compute/signal.js'

/**
 * Says how much is left at the end; empty before it is computed. Only eyes can judge whether the picture is
 * recognisable.
 */
export function leftWords(
  seen: readonly SignalSeen[],
  { gain, norm }: { readonly gain: number; readonly norm: 0 | 1 },
): string | undefined {
  const shareOf = (kind: SignalSeen['kind']) => seen.find((one) => one.kind === kind)?.depths.at(-1)?.likeness
  const [plain, residual] = [shareOf('plain'), shareOf('residual')]
  if (plain === undefined || residual === undefined) return undefined
  const weights = `weights of ${gain.toFixed(2)} times their usual size, ${norm ? 'with' : 'without'} batch norm`
  return (
    `At the end of the nets below (${weights}) ${residual.toFixed(2)} of the picture can be recovered from the residual one, ` +
    `${plain.toFixed(2)} from the plain one.`
  )
}
