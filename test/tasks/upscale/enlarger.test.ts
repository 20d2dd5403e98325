/** Pictures in tiles: the same as the whole picture at once. */
import { describe, expect, test } from 'vitest'
import { toBytes } from '../../../src/data/bicubic.js'
import { openReference } from '../../../src/engine/reference/engine.js'
import type { Tensor } from '../../../src/inference/weights.js'
import { forwardGraph } from '../../../src/model/forward.js'
import { initialise } from '../../../src/model/initialise.js'
import { parametersOf } from '../../../src/model/parameters.js'
import type { NetworkSpec } from '../../../src/spec/spec.js'
import { edsr, vdsr } from '../../../src/spec/upscaling.js'
import { luminanceNormalisation } from '../../../src/tasks/upscale/data.js'
import { Enlarger } from '../../../src/tasks/upscale/enlarger.js'
import { Random } from '../../../src/util/random.js'

const options = { normalisation: luminanceNormalisation }
const random = new Random(5)
const picture = (height: number, width: number) => ({
  height,
  width,
  values: Float32Array.from({ length: height * width }, () => random.between(0, 255)),
})

function weightsOf(spec: NetworkSpec): Map<string, Tensor> {
  const values = initialise(spec, { seed: 1 })
  const shapes = parametersOf(forwardGraph(spec, { batch: 1, mode: 'inference' }))
  return new Map(shapes.map(({ path, shape }) => [path, { shape, data: values.get(path)!.map((v) => v + 0.01) }]))
}

async function openTiles(spec: NetworkSpec, tile: number) {
  const engine = openReference()
  const enlarger = await Enlarger.open(engine, spec, Enlarger.plan(engine, spec, tile), tile)
  enlarger.setWeights(weightsOf(spec))
  return enlarger
}

describe.each<[string, NetworkSpec, number, number]>([
  ['a net that reads enlargements', vdsr({ depth: 4, width: 3 }), 3, 12],
  ['a net that enlarges', edsr({ blocks: 1, width: 3, scale: 2 }), 2, 13],
  ['a net that enlarges twice', edsr({ blocks: 1, width: 2, scale: 4 }), 4, 15],
])('%s', (_, spec, scale, tile) => {
  test.each([
    [14, 23],
    [40, 6],
    [5, 4],
  ])('%ix%i pixels: tiles are the whole, bit for bit', async (height, width) => {
    const small = picture(height, width)
    const [whole, tiles] = [await openTiles(spec, 400), await openTiles(spec, tile)]
    const counts: number[] = []
    const onProgress = (done: number, total: number) => counts.push(total - done)
    const got = await tiles.enlarge(small, { ...options, scale, onProgress })
    expect([got.height, got.width]).toEqual([height * scale, width * scale])
    expect(got).toEqual(await whole.enlarge(small, { ...options, scale }))
    expect(counts.at(-1)).toBe(0)
    if (height * width > 200) expect(counts.length).toBeGreaterThan(3)
    await whole.dispose()
    await tiles.dispose()
  })
})

test('a tile that sees less than the whole net shows: the reach is no larger than needed', async () => {
  const spec = vdsr({ depth: 4, width: 3 })
  const flat = { height: 1, width: 30, values: new Float32Array(30).fill(100) }
  const enlarger = await openTiles(spec, 400)
  const before = await enlarger.enlarge(flat, { ...options, scale: 2 })
  flat.values[15] = 250
  const after = await enlarger.enlarge(flat, { ...options, scale: 2 })
  const changed = [...after.values.slice(0, 60)].flatMap((value, i) => (value === before.values[i] ? [] : [i]))
  // input pixel 15 is outputs 30 and 31, bicubic reaches 3 more each way (the fourth weighs a little, too), the net 4
  expect(changed[0]).toBeGreaterThanOrEqual(30 - 4 - 4)
  expect(changed[0]).toBeLessThanOrEqual(30 - 4 - 3)
  expect(toBytes(after).values).toHaveLength(120)
  await enlarger.dispose()
})

test('ends between two tiles when it is told to', async () => {
  const enlarger = await openTiles(vdsr({ depth: 3, width: 2 }), 8)
  const stop = new AbortController()
  const onProgress = () => stop.abort(new Error('enough'))
  await expect(
    enlarger.enlarge(picture(9, 9), { ...options, scale: 2, signal: stop.signal, onProgress }),
  ).rejects.toThrow('enough')
  await enlarger.dispose()
})
