/**
 * Writes down each error of this package that is made, where `RESNET_SAID` names a folder for it: loaded before a process
 * of the built package, and by `said.ts` for the sources. See `scripts/said.mjs`.
 */
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'

/** Puts a class that writes down between a class of errors and `Error`. */
export function writeDown(ResnetError) {
  const file = join(process.env.RESNET_SAID, `${process.pid}.jsonl`)
  class Said extends Error {
    constructor(message, options) {
      super(message, options)
      const files = (this.stack ?? '').matchAll(/\/(?:src|dist)\/([\w/.-]+)\.(?:ts|js)\b/g)
      const sources = new Set(Array.from(files, ([, path]) => `src/${path}.ts`))
      appendFileSync(file, `${JSON.stringify({ message, files: [...sources] })}\n`)
    }
  }
  Object.setPrototypeOf(ResnetError, Said)
}

const built = new URL('../../dist/util/errors.js', import.meta.url)
if (process.env.RESNET_SAID && existsSync(built)) {
  Error.stackTraceLimit = 30
  writeDown((await import(built.href)).ResnetError)
}
