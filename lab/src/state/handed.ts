/** Trained nets that one page passes to the next, as files. */
export interface Handed {
  readonly name: string
  readonly bytes: Uint8Array
}

export const handed: { nets?: { readonly residual: Handed; readonly plain: Handed } } = {}
