/** Whether the user asked for less motion. Then nothing starts by itself. */
export function wantsLessMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}
