/** Formats numbers for readers. */

/** Two decimals, with a minus as wide as a digit. */
export const shown = (value: number): string => (Math.abs(value) < 0.005 ? '0' : value.toFixed(2).replace('-', '−'))
