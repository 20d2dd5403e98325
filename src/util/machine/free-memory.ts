/** The memory that can still be had. It is asked for in free-memory.node.ts. */

/** A bound of the memory that can still be had. */
export interface FreeMemory {
  readonly bytes: number
  /** The bound, in words that follow the number, for example `are free on this machine`. */
  readonly by: string
  /** Whether memory counts as soon as it is asked for, as address space does, not only once it is written to. */
  readonly onceAsked: boolean
}

/** Asks for every bound that there is; none where nobody can tell. */
export type AskMemory = () => readonly FreeMemory[]
