/** Locks among the tabs of a browser: what one tab writes, no other does. They end with the tab. */

export const hasLocks = () => typeof navigator.locks !== 'undefined'

/** Milliseconds in which a page that is loaded again gets back the lock that it had. */
const PATIENCE = 400

/**
 * Waits for a lock for as long as it takes.
 * @param onBusy called when another tab has it
 * @returns what lets go of it
 * @throws the signal's reason when aborted before
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
