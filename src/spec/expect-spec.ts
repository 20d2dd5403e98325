/** Checks that an argument is a spec, then checks it field by field. */
import { expectFields, list, object, text } from '../util/expect.js'
import { type SpecHeads, specHeads } from './heads/index.js'
import type { NetworkSpec } from './spec.js'
import { checkSpec } from './validate.js'

const shape = { name: text, input: object, stem: list, stages: list, head: object }

/**
 * @param who the function and its argument, at the start of the error if it is not a spec
 * @throws ConfigError, ShapeError
 */
export function expectSpec(value: unknown, who: string, heads: SpecHeads = specHeads): asserts value is NetworkSpec {
  const made = typeof value === 'string' && /^[\w-]{1,40}$/.test(value) ? value : 'resnet20'
  expectFields(value, who, `a spec, such as preset("${made}") gives`, shape)
  checkSpec(value, heads)
}
