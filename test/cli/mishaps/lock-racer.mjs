/** A process that tries to get the lock of a folder whenever it is told to, and says whether it did. */
import { RunLock } from '../../../dist/train/run/lock.node.js'

let lock

process.on('message', async ({ take, release }) => {
  if (take !== undefined) {
    while (Date.now() < take.at); // all at the same moment
    lock = await RunLock.take(take.folder).catch((error) => ({ refused: error.message }))
    process.send(lock.refused ? { refused: lock.refused } : { got: true })
  }
  if (release) {
    if (!lock.refused) lock.release()
    process.send({ released: true })
  }
})
process.send({ ready: true })
