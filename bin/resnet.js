#!/usr/bin/env node
/** Starts the command line, or says how to build it. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const entry = new URL('../dist/cli/main.js', import.meta.url)

if (existsSync(entry)) {
  try {
    const { main } = await import(entry.href)
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    if (error?.code !== 'EMFILE' && error?.code !== 'ENFILE') throw error
    console.error('resnet: too many files are open at once; raise the limit, for example by ulimit -n 4096')
    process.exitCode = 1
  }
} else {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  console.error(`resnet: not built yet; run \`npm run build\` in ${folder}`)
  process.exitCode = 1
}
