/** The head that classifies, as plain data. */
import { ConfigError } from '../../util/errors.js'
import { fields, flag, oneOf, whole } from '../fields.js'
import type { ClassifierHead } from '../spec.js'
import { lastStage, type SpecHead } from './head.js'

/** The largest number of classes of a head. */
const MOST_CLASSES = 1_048_576

export const classifier = {
  task: 'classify',
  check: (stated) => {
    const head = fields(stated, 'head', ['kind', 'norm', 'relu', 'classes', 'gives', 'hidden'])
    flag(head, 'head', 'norm')
    if (head.relu !== undefined) flag(head, 'head', 'relu')
    if (head.gives !== undefined) oneOf(head, 'head', 'gives', ['features', 'value'])
    const [least, most] = head.gives === undefined ? [2, MOST_CLASSES] : head.gives === 'value' ? [1, 1] : [0, 0]
    whole(head, 'head', 'classes', least, most)
    if (head.hidden !== undefined && head.gives === 'features')
      throw new ConfigError('head: hidden is for a classifier, and a head that gives features has none; leave it out')
    if (head.hidden !== undefined) whole(head, 'head', 'hidden', 1, MOST_CLASSES)
  },
  depth: ({ gives, hidden }) => (gives === 'features' ? 0 : hidden === undefined ? 1 : 2),
  plainTwin: (head) => head,
  reads: (_, stages) => [lastStage(stages)],
  answers: ({ classes }) => ({ classes: Array.from({ length: classes }, (_, i) => `class ${i + 1}`) }),
  misfit: (head, { classes, scales }) => {
    if (!Array.isArray(classes) || classes.length !== head.classes)
      return `${Array.isArray(classes) ? classes.length : 'no'} class names for ${head.classes} classes`
    return scales === undefined ? undefined : 'scales are for networks that upscale pictures'
  },
  summary: ({ classes, gives }) =>
    gives === 'features' ? 'features, no classifier' : gives === 'value' ? 'one output' : `${classes} classes`,
  does: ({ classes, gives }) =>
    gives === undefined
      ? `classifies into ${classes} classes`
      : gives === 'features'
        ? 'gives features'
        : 'gives one number',
  lacks: 'is not a classifier',
} satisfies SpecHead<ClassifierHead>
