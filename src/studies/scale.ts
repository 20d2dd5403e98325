/** The size at which a study runs. */

/** `quick`: minutes on two cores, smaller than the paper. `paper`: the paper's data and schedule. */
export const scales = ['quick', 'paper'] as const
/** One of `scales`. */
export type Scale = (typeof scales)[number]
