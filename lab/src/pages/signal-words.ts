/** The words of the page Signal about the nets that it shows, from their figures. */
import type { SignalSeen } from '../compute/signal.js'

/** How much is left at the end; nothing before it is computed. Whether a picture is made out eyes must judge. */
export function leftWords(
  seen: readonly SignalSeen[],
  { gain, norm }: { readonly gain: number; readonly norm: 0 | 1 },
): string | undefined {
  const shareOf = (kind: SignalSeen['kind']) => seen.find((one) => one.kind === kind)?.depths.at(-1)?.likeness
  const [plain, residual] = [shareOf('plain'), shareOf('residual')]
  if (plain === undefined || residual === undefined) return undefined
  const weights = `weights of ${gain.toFixed(2)} times their usual size, ${norm ? 'with' : 'without'} batch norm`
  return (
    `At the end of the nets below (${weights}) ${residual.toFixed(2)} of the picture can be read off the residual one, ` +
    `${plain.toFixed(2)} off the plain one.`
  )
}
