/** The type of the memory that can still be had. free-memory.node.ts measures it. */

/** A bound on the memory that can still be had. */
export interface FreeMemory {
  readonly bytes: number
  /** The bound, in words that follow the number, for example `are free on this machine`. */
  readonly by: string
  /** Whether memory counts when it is reserved, as for address space, and not only when it is written to. */
  readonly onceAsked: boolean
}

/** Returns every known bound; empty if the system tells none. */
export type AskMemory = () => readonly FreeMemory[]
