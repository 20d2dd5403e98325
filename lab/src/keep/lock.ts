/** Locks among the tabs of a browser: only the tab with the lock writes. Locks end with the tab. */

export const hasLocks = () => typeof navigator.locks !== 'undefined'

/** Milliseconds in which a reloaded page gets its lock back. */
const PATIENCE = 400

/**
 * Waits for a lock.
 * @param onBusy called if another tab has it
 * @returns a function that releases it
 * @throws the signal's reason if aborted before
 */
export function holdLock(name: string, onBusy: () => void, signal: AbortSignal): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const waiting = setTimeout(onBusy, PATIENCE)
    const hold = () =>
      new Promise<void>((release) => {
        clearTimeout(waiting)
        resolve(release)
      })
    navigator.locks.request(name, { signal }, hold).catch((error: unknown) => {
      clearTimeout(waiting)
      reject(error)
    })
  })
}

/** Whether no tab has a lock. */
export function isFree(name: string): Promise<boolean> {
  return navigator.locks.request(name, { ifAvailable: true }, async (lock) => lock !== null)
}
