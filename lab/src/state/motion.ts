/** Whether people asked for less movement: then nothing starts by itself. */
export function wantsLessMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}
