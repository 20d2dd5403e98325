/** The head that classifies, as plain data. */
import { fields, flag, whole } from '../fields.js'
import type { ClassifierHead } from '../spec.js'
import { lastStage, type SpecHead } from './head.js'

/** The largest number of classes of a head. */
const MOST_CLASSES = 1_048_576

export const classifier = {
  task: 'classify',
  check: (stated) => {
    const head = fields(stated, 'head', ['kind', 'norm', 'relu', 'classes'])
    flag(head, 'head', 'norm')
    if (head.relu !== undefined) flag(head, 'head', 'relu')
    whole(head, 'head', 'classes', 2, MOST_CLASSES)
  },
  depth: () => 1,
  plainTwin: (head) => head,
  reads: (_, stages) => [lastStage(stages)],
  answers: ({ classes }) => ({ classes: Array.from({ length: classes }, (_, i) => `class ${i + 1}`) }),
  misfit: (head, { classes, scales }) => {
    if (!Array.isArray(classes) || classes.length !== head.classes)
      return `${Array.isArray(classes) ? classes.length : 'no'} class names for ${head.classes} classes`
    return scales === undefined ? undefined : 'scales are for networks that upscale pictures'
  },
  summary: ({ classes }) => `${classes} classes`,
  does: ({ classes }) => `classifies into ${classes} classes`,
  lacks: 'is not a classifier',
} satisfies SpecHead<ClassifierHead>
