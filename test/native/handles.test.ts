/** A process that may open no more files: engines say so, and do not advise to build what is there. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { addonVariants } from '../../src/engine/cpu/addon.node.js'

const script = `
  import { openSync } from 'node:fs'
  import { openAddon } from './dist/engine/cpu/addon.node.js'
  import { openWasm } from './dist/engine/cpu/wasm.js'
  import { nodeHost } from './dist/engine/cpu/wasm-host.node.js'
  const said = async (open) => open().then(() => 'opened', (error) => error.name + ': ' + error.message)
  try { for (;;) openSync('/dev/null') } catch {}
  const told = [await said(() => openAddon({ threads: 1 })), await said(() => openWasm({ threads: 1, host: nodeHost() }))]
  process.stdout.write(JSON.stringify(told))`

test.runIf(process.platform === 'linux' && addonVariants().length > 0)(
  'few handles have words of their own',
  { timeout: 60_000 },
  async () => {
    const { stdout } = await promisify(execFile)(
      'sh',
      ['-c', 'ulimit -n 256 && exec "$0" "$@"', process.execPath, '--input-type=module', '-e', script],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
    )
    const reason = 'too many files are open at once; raise the limit, for example by ulimit -n 4096'
    expect(JSON.parse(stdout)).toEqual([
      `EngineError: the native engine could not be loaded: ${reason}`,
      `EngineError: the WASM engine could not be loaded: ${reason}`,
    ])
  },
)
