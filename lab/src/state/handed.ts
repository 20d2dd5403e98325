/** Trained nets that one page hands to the next. */
export const handed: { nets?: { readonly residual: Uint8Array; readonly plain: Uint8Array } } = {}
