/** The size at which a study runs. */

/** `quick`: minutes on two cores, smaller than the paper. `paper`: the paper's data and schedule. */
export const studySizes = ['quick', 'paper'] as const
/** One of `studySizes`. */
export type StudySize = (typeof studySizes)[number]
