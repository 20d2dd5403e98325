/** Specs as an attacker would write them: of the right form nearly everywhere, with numbers that mean no layer. */
import { cifarBasic } from '../../src/spec/families.js'
import type { Random } from '../../src/util/random.js'
import { mutatedJson, numbers, pick } from './mutate.js'

const orders = ['post', 'pre', 'relu-pre', 'norm-after-add', 'relu-before-add', 'bare-add', 'none']
const shortcuts = ['none', 'pad', 'project-on-change', 'project-always', 'noise', 'identity']

/** Any value: mostly an object that looks like a spec. */
export function hostileSpec(random: Random): unknown {
  if (random.below(3) === 0) {
    const text = mutatedJson(random, cifarBasic({ depth: 8, widths: [4, 6, 8], classes: 3 }))
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  const number = (usual: number) => (random.below(6) === 0 ? pick(random, numbers) : usual)
  const sometimes = <T extends object>(field: T) => (random.below(4) === 0 ? field : {})
  const conv = () => ({
    kind: 'conv',
    width: number(pick(random, [4, 8])),
    kernel: number(pick(random, [1, 2, 3, 7])),
    ...sometimes({ padding: number(1) }),
    ...sometimes({ dilation: number(2) }),
    ...sometimes({ groups: number(2) }),
  })
  const pool = () => ({
    kind: pick(random, ['maxPool', 'averagePool']),
    kernel: number(3),
    stride: number(2),
    padding: number(1),
  })
  const stem = () =>
    random.below(4) === 0
      ? pick(random, [pool(), { kind: 'norm' }, { kind: 'relu' }])
      : { ...conv(), ...sometimes({ stride: number(2) }) }
  const block = () => ({
    branch: Array.from({ length: 1 + random.below(3) }, conv),
    stride: number(pick(random, [1, 1, 2])),
    strideIn: number(0),
    order: pick(random, orders),
    shortcut: pick(random, shortcuts),
    ...sometimes({ branchScale: number(1) }),
    ...sometimes({ shortcutScale: number(1) }),
  })
  const many = random.below(40) === 0 ? pick(random, [1000, 20_000]) : 1 + random.below(3)
  return {
    format: 1,
    name: 'hostile',
    input: { channels: number(3), height: number(16), width: number(16) },
    stem: Array.from({ length: random.below(3) }, stem),
    stages: [{ blocks: Array.from({ length: many }, block) }, ...(random.below(2) ? [{ blocks: [block()] }] : [])],
    head:
      random.below(5) === 0
        ? { kind: 'picture', enlarge: number(1), shortcut: 'input', bias: true }
        : { norm: random.below(2) === 0, classes: number(3) },
  }
}
