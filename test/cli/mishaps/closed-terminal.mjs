/**
 * Loaded before the command line by `node --import`: a terminal that is closed when SIGHUP comes, which tells of it twice,
 * and after which nothing can be written to it.
 */
process.on('SIGHUP', () => {
  for (const stream of [process.stdout, process.stderr])
    stream._write = (_, __, done) => done(Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' }))
  if (!process.hungUp) setTimeout(() => process.kill(process.pid, 'SIGHUP'), 5)
  process.hungUp = true
})
