/**
 * Runs tests and lists the messages of errors that none of them made the program say: each error that is made in the
 * tests, or in a process that they start, is written down with the files that it came through.
 *
 *   nice node scripts/said.mjs test/cli test/train     runs these, then lists what of all messages was never said
 *   node scripts/said.mjs --kept /tmp/said test/spec   adds to what earlier runs wrote down there
 *   node scripts/said.mjs --kept /tmp/said             lists only
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { allMessages } from './messages.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Letters that a message must have in common with a text to be recognised by it. */
const LEAST = 8

const { values, positionals } = parseArgs({ options: { kept: { type: 'string' } }, allowPositionals: true })
const folder = values.kept ?? mkdtempSync(join(tmpdir(), 'resnet-said-'))
mkdirSync(folder, { recursive: true })

if (positionals.length > 0) {
  const recorder = pathToFileURL(join(root, 'test/house/said.mjs')).href
  const env = { ...process.env, RESNET_SAID: folder, NODE_OPTIONS: `--import ${recorder}` }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  spawnSync(process.execPath, [vitest, 'run', ...positionals], { cwd: root, env, stdio: 'inherit' })
}

const said = new Map()
for (const name of readdirSync(folder))
  for (const line of readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean)) {
    const { message, files } = JSON.parse(line)
    for (const file of files) said.set(file, [...(said.get(file) ?? []), message])
  }

/** Whether a message holds all known parts of a text, in their order. */
function holds(message, text) {
  let at = 0
  for (const part of text.split('\0')) {
    const found = message.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return true
}

const messages = allMessages(root).filter(({ text }) => text.replaceAll('\0', '').length >= LEAST)
const never = messages.filter(({ file, text }) => !(said.get(file) ?? []).some((message) => holds(message, text)))
for (const { place, text } of never) console.log(`${place}: ${text.replaceAll('\0', '…')}`)
console.log(`${messages.length - never.length} of ${messages.length} messages were said; written down in ${folder}`)
