/**
 * Says how to get a missing build of the engine. A checkout can build it; the npm package has no sources to build from.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the package. */
const here = new URL('../../../', import.meta.url)

/** @param step of `npm run build`; @param root the folder of the package */
export function buildAdvice(step: 'addon' | 'wasm', root: URL = here): string {
  const inCheckout = existsSync(new URL('native/addon.cc', root)) && existsSync(new URL('scripts/build.mjs', root))
  if (inCheckout) {
    const needs = step === 'addon' ? ' (it needs a C++ compiler)' : ''
    return `run "npm run build -- --only ${step}" in ${fileURLToPath(root)}${needs}`
  }
  return step === 'addon'
    ? 'the installed package comes without it, only a checkout of the sources builds it'
    : 'install the package again, it is incomplete'
}
