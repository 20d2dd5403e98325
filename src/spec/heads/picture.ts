/** The head that gives a picture, as plain data. */
import { ConfigError } from '../../util/errors.js'
import { shown } from '../../util/printable.js'
import { fields, flag, oneOf, whole, wrong } from '../fields.js'
import { type PictureHead, pictureShortcuts } from '../spec.js'
import { scales } from '../upscaling.js'
import { lastStage, type SpecHead } from './head.js'

/** The factors by which a head enlarges, in order. Each is a convolution and a pixel shuffle. */
export function enlargements({ enlarge }: PictureHead): readonly number[] {
  if (enlarge === 1) return []
  return enlarge === 4 ? [2, 2] : [enlarge]
}

export const picture = {
  task: 'upscale',
  check: (stated) => {
    const head = fields(stated, 'head', ['kind', 'enlarge', 'shortcut', 'bias'])
    oneOf(head, 'head', 'shortcut', pictureShortcuts)
    flag(head, 'head', 'bias')
    const enlarge = whole(head, 'head', 'enlarge', 1)
    if (enlarge > 4) wrong('head', 'enlarge', 'a whole number from 1 to 4', enlarge)
    if (head.shortcut === 'input' && enlarge > 1)
      throw new ConfigError(
        `head: its input cannot be added to a picture ${enlarge} times as large; set enlarge to 1, or shortcut to "stem"`,
      )
  },
  depth: (head) => 1 + enlargements(head).length + (head.shortcut === 'stem' ? 1 : 0),
  plainTwin: (head) => ({ ...head, shortcut: 'none' }),
  reads: ({ shortcut }, stages) => [lastStage(stages), ...(shortcut === 'stem' ? (['stem'] as const) : [])],
  answers: ({ enlarge }) => ({ classes: [], scales: enlarge > 1 ? [enlarge] : [...scales] }),
  misfit: ({ enlarge }, stated) => {
    if (!Array.isArray(stated.classes) || stated.classes.length > 0)
      return `${Array.isArray(stated.classes) ? stated.classes.length : 'no'} class names for 0 classes`
    const isScale = (value: unknown) => scales.some((scale) => scale === value)
    const fits = Array.isArray(stated.scales) && stated.scales.length > 0 && stated.scales.every(isScale)
    if (fits && (enlarge === 1 || String(stated.scales) === String(enlarge))) return undefined
    return `scales must be ${enlarge > 1 ? `[${enlarge}]` : 'a list of 2, 3, 4'}, got ${shown(stated.scales)}`
  },
  summary: ({ enlarge }) => (enlarge === 1 ? 'output of that size' : `output ${enlarge} times as large`),
  does: () => 'upscales pictures',
  lacks: 'is not an upscaling network',
  instead: 'for upscaling take a net such as vdsr20 or edsr_baseline',
  use: { code: 'call its upscale()', shell: 'use the command upscale' },
} satisfies SpecHead<PictureHead>
