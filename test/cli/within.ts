/** Calls the command line of the sources within the process of the tests, with a table of tasks. */
import { vi } from 'vitest'
import { main } from '../../src/cli/main.js'
import type { CommandTasks } from '../../src/cli/tasks/task.js'
import type { Outcome } from './run.js'

/** @param tasks left out: those of the package */
export async function within(argv: readonly string[], tasks?: CommandTasks): Promise<Outcome> {
  const said = { out: '', err: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text, ...rest) => {
      said[name === 'stdout' ? 'out' : 'err'] += String(text)
      const done = rest.at(-1)
      if (typeof done === 'function') process.nextTick(done)
      return true
    }),
  )
  for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0) // each call listens for errors
  try {
    return { code: await main(argv, tasks && { tasks }), ...said }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
