/**
 * Runs the tests of kernels, engines and training on an addon that is compiled to find its own mistakes, and fails where
 * it finds one, in whatever process.
 *
 *   node scripts/trials/sanitize.mjs                     AddressSanitizer and UBSan
 *   node scripts/trials/sanitize.mjs --thread            ThreadSanitizer, over the tests of the pool
 *   node scripts/trials/sanitize.mjs --variant baseline  another instruction set than the widest; or several, or all
 *   node scripts/trials/sanitize.mjs test/native         other tests than usual
 *
 * Needs g++, whose sanitizers are preloaded into Node: V8 itself is not instrumented, and leaks are not looked for, since
 * it frees little when it ends.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildAddon, findCompiler, variantNames } from '../build-addon.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values, positionals } = parseArgs({
  options: { thread: { type: 'boolean' }, variant: { type: 'string', multiple: true } },
  allowPositionals: true,
})
const kind = values.thread
  ? {
      name: 'thread',
      library: 'libtsan.so',
      flags: ['-fsanitize=thread'],
      tests: ['test/native/runtime.test.ts', 'test/engine/contract.test.ts'],
      options: { TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1:ignore_noninstrumented_modules=1' },
    }
  : {
      name: 'address',
      library: 'libasan.so',
      flags: ['-fsanitize=address,undefined', '-fno-sanitize=vptr', '-fno-sanitize-recover=all'],
      tests: ['test/engine', 'test/native', 'test/train'],
      options: {
        ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1:detect_stack_use_after_return=0',
        UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
      },
    }
const folder = join(root, 'native', 'build', `sanitized-${kind.name}`)
const reports = join(folder, 'reports')

/**
 * An environment in which Node loads that addon, and sanitizers write their findings to `reports`. The builds that were
 * compiled must be there; others that the caller requires are not, and are not asked for.
 */
function environment(library, variants) {
  const options = Object.entries(kind.options).map(([name, text]) => [
    name,
    `${text}:log_path=${join(reports, 'report')}`,
  ])
  return {
    ...process.env,
    ...Object.fromEntries(options),
    LD_PRELOAD: library,
    RESNET_ADDON: join(folder, 'resnet.node'),
    RESNET_ONLY_ENGINES: 'native,reference',
    RESNET_REQUIRE_ENGINES: variants.map((name) => `native-${name}`).join(','),
  }
}

/** Reads beyond its arena: what finds nothing there would find nothing anywhere. */
const mistake = `
  const { openAddon } = await import(${JSON.stringify(join(root, 'dist/engine/cpu/addon.node.js'))})
  const { kernelNames } = await import(${JSON.stringify(join(root, 'dist/engine/cpu/kernel-table.js'))})
  const relu = Float64Array.of(kernelNames.indexOf('relu'), 48, 0, 64)
  const backend = await openAddon({ threads: 1 })
  const program = await backend.load({ arenaFloats: 64, setup: new Float64Array(), run: relu })
  await program.run('run')`

function found() {
  return readdirSync(reports).map((name) => readFileSync(join(reports, name), 'utf8'))
}

function clear() {
  rmSync(reports, { recursive: true, force: true })
  mkdirSync(reports, { recursive: true })
}

const compiler = await findCompiler()
if (!compiler || /clang/i.test(compiler.version)) {
  console.error(`sanitize: this needs g++, got ${compiler?.version ?? 'no compiler'}; set CXX=g++`)
  process.exit(1)
}
const asked = values.variant?.includes('all') ? variantNames : values.variant
const { addonVariants } = await import('../../dist/engine/cpu/addon.node.js')
const only = asked ?? addonVariants().slice(0, 1)
const start = Date.now()
console.log(
  await buildAddon({
    folder,
    only,
    extra: ['-O1', '-findirect-inlining', '-g1', '-fno-omit-frame-pointer', ...kind.flags],
  }),
  `with the sanitizer of ${kind.name}, in ${Math.round((Date.now() - start) / 1000)} s`,
)
const library = execFileSync(compiler.command, [`-print-file-name=${kind.library}`], { encoding: 'utf8' }).trim()
const env = environment(library, only)

if (kind.name === 'address') {
  clear()
  spawnSync(process.execPath, ['--input-type=module', '-e', mistake], { env, stdio: 'inherit' })
  if (!found().some((text) => text.includes('use-after-poison'))) {
    console.error('sanitize: a mistake made on purpose was not found; the sanitizer does not work here')
    process.exit(1)
  }
}
clear()
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const tests = positionals.length > 0 ? positionals : kind.tests
const { status } = spawnSync(process.execPath, [vitest, 'run', '--testTimeout', '600000', ...tests], {
  cwd: root,
  env,
  stdio: 'inherit',
})
for (const report of found()) console.error(report)
console.log(`${found().length} findings, ${Math.round((Date.now() - start) / 1000)} s`)
process.exitCode = status === 0 && found().length === 0 ? 0 : 1
